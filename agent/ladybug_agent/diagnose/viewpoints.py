"""What each party thinks of this replica, and which of them disagrees with the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ladybug_agent.diagnose.check import Result, Viewpoint
from ladybug_agent.diagnose.diagnosis import Opinion, View


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """Where a party's word is found: in a result, or in what a result saw."""

    viewpoint: Viewpoint
    check: str
    evidence: str = ""
    """The evidence that is the party's own word; empty where passing is healthy."""
    healthy: frozenset[str] = frozenset()


PARTIES = (
    _Told(viewpoint="container", check="container.running"),
    _Told(viewpoint="health", check="service.health"),
    _Told(
        viewpoint="registry",
        check="registry.row",
        evidence="status",
        healthy=frozenset({"healthy"}),
    ),
    _Told(
        viewpoint="load balancer",
        check="loadbalancer.target",
        evidence="state",
        healthy=frozenset({"healthy"}),
    ),
    _Told(
        viewpoint="auto scaling",
        check="autoscaling.instance",
        evidence="health_status",
        healthy=frozenset({"healthy"}),
    ),
)
"""Closest to the data first. A result with the evidence named here speaks for its party, whether
the check passed or not."""


def views_of(results: Mapping[str, Result]) -> tuple[View, ...]:
    return tuple(_view(party, results.get(party.check)) for party in PARTIES)


def _view(party: _Told, result: Result | None) -> View:
    opinion, words = _opinion(party, result)
    return View(viewpoint=party.viewpoint, opinion=opinion, words=words)


def _opinion(party: _Told, result: Result | None) -> tuple[Opinion, str]:
    if result is None:
        return "unknown", "not asked"
    said = str(result.evidence.get(party.evidence) or "") if party.evidence else ""
    if said:
        return ("healthy" if said.lower() in party.healthy else "unhealthy"), said
    if not party.evidence and result.status in {"pass", "warn", "fail"}:
        return ("unhealthy" if result.is_bad else "healthy"), result.message
    return "unknown", result.message


def dissent_of(views: tuple[View, ...]) -> str:
    """Return who disagrees with the others, in a sentence; nothing where all who know agree.

    The majority counts as right. Where there is none, who is closest to the data does.
    """
    known = [view for view in views if view.opinion != "unknown"]
    healthy = [view for view in known if view.opinion == "healthy"]
    others = [view for view in known if view.opinion == "unhealthy"]
    if not healthy or not others:
        return ""
    right = max(healthy, others, key=lambda side: (len(side), side[0] is known[0]))
    wrong = others if right is healthy else healthy
    return (
        f"{_names(wrong)} {_say(wrong)} {wrong[0].opinion}, {_names(right)} {_say(right)}"
        f" {right[0].opinion}"
    )


def _names(views: list[View]) -> str:
    return " and ".join(view.viewpoint for view in views)


def _say(views: list[View]) -> str:
    return "says" if len(views) == 1 else "say"
