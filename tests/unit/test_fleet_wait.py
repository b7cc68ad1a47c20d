"""Waiting for a fleet: ready, not yet, or never."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fakes.clock import STARTED_AT, FakeClock
from fakes.fleet import (
    NOW_S,
    FakeSight,
    a_fleet,
    a_group,
    a_launch,
    a_member,
    a_row,
    with_group,
)
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import DeadlineExceeded, ExternalFailure, Refused, describe
from ladybug_fleet.fleet.judging import WantedReplica, judge_replica
from ladybug_fleet.fleet.model import Activity, Fleet, Group, Target
from ladybug_fleet.fleet.readiness import Readiness, WantedFleet
from ladybug_fleet.fleet.waiting import await_fleet, wait_limit_s

WANTED = WantedFleet(since=STARTED_AT)
ABANDONED = (
    "Instance failed to complete user's Lifecycle Action: Lifecycle Action with token 0f1e was"
    " abandoned: Lifecycle Action Completed with ABANDON Result"
)


def wait(
    sight: FakeSight, wanted: WantedFleet = WANTED, *, timeout_s: float = 900.0
) -> tuple[Readiness, float]:
    """Return what was found, and after how many seconds."""
    clock = FakeClock()
    _, readiness = await_fleet(sight, "", wanted, lambda _: None, Deadline.after(timeout_s, clock))
    return readiness, clock.passed_s


def refusal(fleet: Fleet, wanted: WantedFleet = WANTED) -> Refused:
    """Return why the wait ended early; at once, or it would have run out of time."""
    clock = FakeClock()
    with pytest.raises(Refused) as caught:
        await_fleet(FakeSight(fleet), "", wanted, lambda _: None, Deadline.after(900, clock))
    assert clock.passed_s == 0
    return caught.value


def lacking(fleet: Fleet, wanted: WantedReplica | None = None) -> tuple[str, ...]:
    (replica,) = fleet.replicas()
    return judge_replica(replica, fleet.at, wanted or WantedReplica()).missing


def launching(*activities: Activity) -> Fleet:
    return replace(a_fleet("i-1", desired=2), activities=activities)


def test_a_fleet_that_is_ready_needs_no_wait() -> None:
    readiness, passed_s = wait(FakeSight(a_fleet("i-1", "i-2")))
    assert (readiness.ready, readiness.wanted, passed_s) == (2, 2, 0.0)


def test_a_replica_that_comes_later_is_waited_for() -> None:
    booting = with_group(a_fleet(), members=(a_member("i-1", "Pending:Wait"),), desired=1)
    sight = FakeSight(booting, [lambda fleet: fleet, lambda _: a_fleet("i-1")])
    readiness, passed_s = wait(sight)
    assert (readiness.ready, passed_s > 0) == (1, True)


def test_a_group_that_wants_none_is_ready() -> None:
    assert wait(FakeSight(a_fleet()))[0].is_reached


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (
            {"status": "unhealthy", "reason_code": "container_exited"},
            "unhealthy (container_exited)",
        ),
        ({"status": "initializing"}, "initializing"),
        ({"desired": "maintenance"}, "maintenance"),
        ({"lease_expires_at": NOW_S - 50}, "lease over for 50 s"),
        ({"lease_expires_at": "soon"}, "healthy without a lease"),
    ],
)
def test_a_row_that_readers_pass_over_is_not_ready(status: dict[str, str], word: str) -> None:
    fleet = replace(a_fleet("i-1"), rows=(a_row("i-1", **status),))
    assert lacking(fleet) == (f"registry: {word}",)


def test_a_replica_without_a_row_is_not_ready() -> None:
    assert lacking(replace(a_fleet("i-1"), rows=())) == ("no row in the registry",)


def test_a_target_that_is_not_healthy_is_not_ready() -> None:
    target = Target(instance_id="i-1", state="unhealthy", reason="Target.FailedHealthChecks")
    fleet = replace(a_fleet("i-1"), targets=(target,))
    assert lacking(fleet) == ("load balancer: unhealthy (Target.FailedHealthChecks)",)


def test_a_replica_of_another_snapshot_does_not_count_where_one_is_asked_for() -> None:
    assert lacking(a_fleet("i-1"), WantedReplica(snapshot_id="snap-2")) == (
        "snapshot_id is snap-1",
    )
    assert lacking(a_fleet("i-1"), WantedReplica(snapshot_id="snap-1")) == ()


def test_finding_10_a_wait_lasts_ten_minutes_at_least_and_the_grace_period() -> None:
    assert wait_limit_s(30, 0) == 600
    assert wait_limit_s(600, 1200) == 1200


def test_finding_10_a_replica_that_needs_nine_minutes_is_waited_for() -> None:
    looks = [lambda fleet: fleet] * 58  # after the first ones, every ten seconds
    sight = FakeSight(launching(), [*looks, lambda _: a_fleet("i-1", "i-2")])
    readiness, passed_s = wait(sight, timeout_s=wait_limit_s(1, 0))
    assert readiness.is_reached
    assert 540 < passed_s < 600


def test_finding_10_a_target_group_that_never_gets_healthy_is_named_at_the_end() -> None:
    sick = Target(instance_id="i-1", state="unhealthy", reason="Target.Timeout")
    sight = FakeSight(replace(a_fleet("i-1"), targets=(sick,)))
    with pytest.raises(DeadlineExceeded) as caught:
        wait(sight, timeout_s=600)
    said = describe(caught.value)
    assert said.startswith("fleet_not_ready: ran out of time")
    assert "0 of 1 ready; i-1: load balancer: unhealthy (Target.Timeout)" in said


def test_finding_10_boots_that_fail_again_and_again_end_the_wait() -> None:
    error = refusal(launching(*[a_launch("Cancelled", ABANDONED)] * 3))
    assert error.code == "fleet_hooks_abandoned"
    assert "3 launches in a row abandoned" in str(error)


def test_finding_10_launches_that_fail_again_and_again_end_the_wait() -> None:
    error = refusal(launching(*[a_launch("Failed", "You are not authorized")] * 3))
    assert error.code == "fleet_launches_fail"
    assert str(error).endswith("failed: You are not authorized")


@pytest.mark.parametrize(
    "message",
    [
        "The snapshot 'snap-1' does not exist. Launching EC2 instance failed.",
        "Client.InvalidSnapshot.NotFound: snap-1",
    ],
)
def test_finding_10_a_snapshot_that_is_gone_ends_the_wait_at_the_first_launch(message: str) -> None:
    assert refusal(launching(a_launch("Failed", message))).code == "fleet_snapshot_gone"


def test_finding_10_a_lost_snapshot_is_seen_before_any_launch_fails() -> None:
    error = refusal(replace(launching(), lost_snapshots=("snap-1",)))
    assert (error.code, "snap-1" in str(error)) == ("fleet_snapshot_gone", True)


def test_finding_10_a_group_that_wants_fewer_ends_the_wait() -> None:
    error = refusal(a_fleet("i-1"), replace(WANTED, replicas=3))
    assert error.code == "fleet_desired_too_small"
    assert "--desired-capacity 3" in error.hint


@pytest.mark.parametrize("process", ["Launch", "AddToLoadBalancer"])
def test_finding_10_a_suspended_process_ends_the_wait(process: str) -> None:
    fleet = with_group(launching(), suspended=frozenset({process, "AZRebalance"}))
    error = refusal(fleet)
    assert (error.code, error.hint.endswith(f"--scaling-processes {process}")) == (
        "fleet_processes_suspended",
        True,
    )


def test_finding_10_a_group_that_is_being_deleted_ends_the_wait() -> None:
    assert refusal(with_group(launching(), status="Delete in progress")).code == (
        "fleet_group_deleted"
    )


@pytest.mark.parametrize(
    "activities",
    [
        [a_launch("Failed")] * 2,
        [a_launch("Failed"), a_launch("Successful"), *[a_launch("Failed")] * 3],
        [a_launch("Failed", began=STARTED_AT - timedelta(hours=1))] * 5,
        [replace(a_launch("Failed"), description="Terminating EC2 instance: i-1")] * 5,
        [replace(a_launch("InProgress"), ended_at=None)] * 5,
    ],
    ids=["two", "a success between", "before the wait", "terminations", "under way"],
)
def test_what_may_still_come_right_is_waited_for(activities: list[Activity]) -> None:
    sight = FakeSight(launching(*activities), [lambda _: a_fleet("i-1", "i-2")])
    assert wait(sight)[0].is_reached


def test_a_moment_without_aws_does_not_end_the_wait() -> None:
    class Shaky(FakeSight):
        failures = 2

        def group(self) -> Group:
            if self.failures:
                self.failures -= 1
                raise ExternalFailure("aws_unreachable", "no connection")
            return FakeSight.group(self)

    assert wait(Shaky(a_fleet("i-1")))[0].is_reached


def test_a_call_that_is_denied_ends_the_wait() -> None:
    class Denied(FakeSight):
        def group(self) -> Group:
            raise ExternalFailure("aws_access_denied", "denied")

    with pytest.raises(ExternalFailure, match="denied"):
        wait(Denied(a_fleet()))


def test_progress_says_what_is_missing() -> None:
    shown: list[str] = []
    fleet = replace(a_fleet("i-1"), group=a_group(a_member("i-1"), desired=1), rows=())
    sight = FakeSight(fleet, [lambda _: a_fleet("i-1")])
    await_fleet(sight, "", WANTED, shown.append, Deadline.after(60, FakeClock()))
    assert "i-1: no row in the registry" in shown[0]
    assert shown[-1] == "1 of 1 ready"
