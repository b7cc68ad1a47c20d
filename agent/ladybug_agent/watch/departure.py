"""What an announcement means for the replica. Asks nobody anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ladybug_agent.config.drain import DrainConfig
from ladybug_agent.model.lifecycle import Notices, ScheduledEvent, Trigger

SPOT_MARGIN_S = 20.0
"""Before the moment that a spot notice names all is to be over."""
LEAST_BUDGET_S = 5.0
ENDS_THE_INSTANCE = frozenset(
    {"instance-reboot", "instance-retirement", "instance-stop", "system-reboot"}
)
"""`system-maintenance` only disturbs it for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """The replica is to leave, for this reason, within this time."""

    trigger: Trigger
    budget_s: float
    key: str
    """The same for the same announcement: one that an operator undid is not heeded again."""


def judge_departure(notices: Notices, rules: DrainConfig, now: datetime) -> Departure | None:
    """Return why the replica has to leave now, or None."""
    budget_s = rules.budget_s
    if notices.spot is not None:
        left_s = (notices.spot.at - now).total_seconds() - SPOT_MARGIN_S
        budget_s = max(LEAST_BUDGET_S, min(budget_s, left_s))
    if notices.target_lifecycle_state == "Terminated":
        return Departure(trigger="asg_termination", budget_s=budget_s, key="asg_termination")
    if notices.spot is not None:
        key = f"spot {notices.spot.action} {notices.spot.at.isoformat()}"
        return Departure(trigger="spot_interruption", budget_s=budget_s, key=key)
    for event in _coming(notices):
        if event.code not in ENDS_THE_INSTANCE:
            continue
        if (event.not_before - now).total_seconds() <= rules.event_lead_s:
            return Departure(trigger="scheduled_event", budget_s=budget_s, key=event.event_id)
    return None


def judge_degraded(notices: Notices) -> tuple[str, ...]:
    """Return why the replica is degraded, which is all that a recommendation makes of it."""
    reasons = []
    if notices.rebalance_at is not None:
        reasons.append("rebalance_recommended")
    if any(_coming(notices)):
        reasons.append("event_scheduled")
    return tuple(reasons)


def _coming(notices: Notices) -> list[ScheduledEvent]:
    """Return the events that are still to come, the next one first."""
    active = (event for event in notices.events if event.state == "active")
    return sorted(active, key=lambda event: event.not_before)
