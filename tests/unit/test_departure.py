"""What an announcement means for the replica."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fakes.clock import STARTED_AT as NOW
from ladybug_agent.config.drain import DrainConfig
from ladybug_agent.model.lifecycle import Notices, ScheduledEvent, SpotNotice
from ladybug_agent.watch.departure import judge_degraded, judge_departure

RULES = DrainConfig()


def spot(in_s: float, action: str = "terminate") -> SpotNotice:
    return SpotNotice(action=action, at=NOW + timedelta(seconds=in_s))


def event(in_s: float, code: str = "system-reboot", state: str = "active") -> ScheduledEvent:
    return ScheduledEvent(
        event_id=f"event-{in_s:g}", code=code, state=state, not_before=NOW + timedelta(seconds=in_s)
    )


@pytest.mark.parametrize("state", [None, "InService", "Standby", "Detached", "Warmed:Stopped"])
def test_only_the_state_terminated_makes_a_replica_leave(state: str | None) -> None:
    assert judge_departure(Notices(target_lifecycle_state=state), RULES, NOW) is None


def test_auto_scaling_gives_the_whole_budget() -> None:
    found = judge_departure(Notices(target_lifecycle_state="Terminated"), RULES, NOW)
    assert found is not None
    assert (found.trigger, found.budget_s) == ("asg_termination", 100.0)


@pytest.mark.parametrize(
    ("in_s", "budget_s"), [(600.0, 100.0), (120.0, 100.0), (60.0, 40.0), (21.0, 5.0), (-9.0, 5.0)]
)
@pytest.mark.parametrize("action", ["terminate", "stop", "hibernate"])
def test_a_spot_notice_gives_what_is_left(action: str, in_s: float, budget_s: float) -> None:
    found = judge_departure(Notices(spot=spot(in_s, action)), RULES, NOW)
    assert found is not None
    assert (found.trigger, found.budget_s) == ("spot_interruption", budget_s)


def test_of_two_announcements_the_hook_is_heeded_and_the_shorter_time() -> None:
    notices = Notices(target_lifecycle_state="Terminated", spot=spot(60.0))
    found = judge_departure(notices, RULES, NOW)
    assert found is not None
    assert (found.trigger, found.budget_s) == ("asg_termination", 40.0)


@pytest.mark.parametrize(("in_s", "leaves"), [(301.0, False), (300.0, True), (-60.0, True)])
def test_a_scheduled_event_is_left_before_its_time(in_s: float, *, leaves: bool) -> None:
    found = judge_departure(Notices(events=(event(in_s),)), RULES, NOW)
    assert (found is not None) is leaves


@pytest.mark.parametrize("state", ["completed", "canceled"])
def test_an_event_that_is_over_makes_nobody_leave(state: str) -> None:
    notices = Notices(events=(event(0.0, state=state),))
    assert judge_departure(notices, RULES, NOW) is None
    assert judge_degraded(notices) == ()


def test_maintenance_of_the_host_is_sat_through() -> None:
    notices = Notices(events=(event(0.0, code="system-maintenance"),))
    assert judge_departure(notices, RULES, NOW) is None
    assert judge_degraded(notices) == ("event_scheduled",)


def test_of_several_events_the_next_one_counts() -> None:
    found = judge_departure(Notices(events=(event(9999.0), event(100.0))), RULES, NOW)
    assert found is not None
    assert found.key == "event-100"


def test_a_rebalance_recommendation_makes_it_degraded_and_no_more() -> None:
    notices = Notices(rebalance_at=NOW)
    assert judge_departure(notices, RULES, NOW) is None
    assert judge_degraded(notices) == ("rebalance_recommended",)
