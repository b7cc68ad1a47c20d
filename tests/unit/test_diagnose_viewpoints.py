"""Five viewpoints side by side, and who of them disagrees."""

from __future__ import annotations

import pytest

from ladybug_agent.diagnose.check import Result, Viewpoint
from ladybug_agent.diagnose.diagnosis import Opinion, View
from ladybug_agent.diagnose.viewpoints import PARTIES, dissent_of, views_of

HEALTHY, UNHEALTHY, UNKNOWN = "healthy", "unhealthy", "unknown"
NAMES: tuple[Viewpoint, ...] = ("container", "health", "registry", "load balancer", "auto scaling")


def views(*opinions: str) -> tuple[View, ...]:
    known: dict[str, Opinion] = {"+": "healthy", "-": "unhealthy", "?": "unknown"}
    return tuple(
        View(viewpoint=name, opinion=known[sign], words="")
        for name, sign in zip(NAMES, opinions, strict=True)
    )


@pytest.mark.parametrize("signs", ["+++++", "-----", "+?+?+", "?????", "-???-"])
def test_who_agrees_is_not_named(signs: str) -> None:
    assert dissent_of(views(*signs)) == ""


@pytest.mark.parametrize(
    ("signs", "told"),
    [
        ("++-+?", "registry says unhealthy, container and health and load balancer say healthy"),
        ("--+??", "registry says healthy, container and health say unhealthy"),
        ("++--?", "registry and load balancer say unhealthy, container and health say healthy"),
        ("-+???", "health says healthy, container says unhealthy"),
        ("??+-?", "load balancer says unhealthy, registry says healthy"),
    ],
)
def test_who_disagrees_with_the_others_is_named(signs: str, told: str) -> None:
    assert dissent_of(views(*signs)) == told


def test_all_five_are_told_in_the_same_order() -> None:
    assert [view.viewpoint for view in views_of({})] == list(NAMES)
    assert {view.opinion for view in views_of({})} == {UNKNOWN}


def test_the_container_and_the_service_speak_by_their_checks() -> None:
    found = views_of(
        {
            "container.running": Result(id="container.running", status="pass", message="runs"),
            "service.health": Result(id="service.health", status="fail", message="503"),
        }
    )
    told = [(view.opinion, view.words) for view in found[:2]]
    assert told == [(HEALTHY, "runs"), (UNHEALTHY, "503")]


@pytest.mark.parametrize("party", PARTIES[2:], ids=lambda party: party.viewpoint)
def test_the_others_speak_by_what_they_said(party: object) -> None:
    known = next(one for one in PARTIES if one is party)
    for said, opinion in (("healthy", HEALTHY), ("draining", UNHEALTHY)):
        result = Result(
            id=known.check, status="fail", message="differs", evidence={known.evidence: said}
        )
        view = next(v for v in views_of({known.check: result}) if v.viewpoint == known.viewpoint)
        assert (view.opinion, view.words) == (opinion, said)


def test_who_could_not_be_asked_has_no_opinion() -> None:
    result = Result(id="registry.row", status="fail", message="access denied")
    view = views_of({"registry.row": result})[2]
    assert (view.opinion, view.words) == (UNKNOWN, "access denied")
