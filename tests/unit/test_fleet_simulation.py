"""The fleet on virtual time: its parts, and small fleets that come to what large ones must."""

from __future__ import annotations

import threading
from random import Random

import pytest

from bench.figures import all_hold, table
from fleet.account import Account, Bucket, Caller, Outage
from fleet.clock import FleetClock
from fleet.health import TIMER, Timer, TimerSettings
from fleet.limits import BY_ACTION, DescribeVolumes, GetAuthorizationToken, Limit
from fleet.storms import Storm, failures, storm
from fleet.suite import QUICK, run_suite
from fleet.timeline import Timeline
from ladybug_agent.branches import run_both
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure

SCARCE = Limit(burst=2, per_second=0.5, code="RequestLimitExceeded", source="made up")


def test_who_is_due_first_goes_on_first_and_time_passes_only_then() -> None:
    timeline, seen = Timeline(), []

    def work(name: str, seconds: float) -> None:
        timeline.sleep(seconds)
        seen.append((name, timeline.now_s))

    timeline.start(lambda: work("slow", 5.0))
    timeline.start(lambda: work("late", 1.0), after_s=2.0)
    timeline.run()
    assert seen == [("late", 3.0), ("slow", 5.0)]


def test_two_branches_take_as_long_as_the_longer_one() -> None:
    timeline, ended_s = Timeline(), []
    clock = FleetClock(timeline)

    def boot() -> None:
        deadline = Deadline.after(100.0, clock)
        pause = deadline.pause
        run_both(lambda: pause(7.0), lambda: pause(3.0), names=("image", "data"), deadline=deadline)
        ended_s.append(timeline.now_s)

    timeline.start(boot)
    timeline.run()
    assert ended_s == [7.0]


def test_a_wait_ends_when_somebody_of_the_same_machine_says_so() -> None:
    timeline, told = Timeline(), threading.Event()
    clock = FleetClock(timeline)
    ended: list[tuple[bool, float]] = []
    timeline.start(lambda: ended.append((clock.wait(told, 60.0), timeline.now_s)))

    def tell() -> None:
        clock.pass_time(4.0)
        told.set()
        clock.pass_time(1.0)

    timeline.start(tell)
    timeline.run()
    assert ended == [(True, 4.0)]


def test_an_error_in_an_activity_ends_the_run() -> None:
    timeline = Timeline()
    timeline.start([].pop)
    with pytest.raises(IndexError):
        timeline.run()


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = Bucket(SCARCE, SCARCE.burst)
    given = [bucket.take(at_s, 1.0) for at_s in (0.0, 0.0, 0.0, 1.0, 2.0, 2.0)]
    assert given == [True, True, False, False, True, False]


def call(account: Account, *, attempts: int, skew_s: float = 0.0) -> tuple[str, float]:
    """Make one call; return the code it fails with, and when it ended."""
    timeline = Timeline()
    clock = FleetClock(timeline, skew_s=skew_s)
    codes: list[str] = []

    def work() -> None:
        try:
            Caller(account, clock, Random(1)).call(GetAuthorizationToken, attempts=attempts)  # noqa: S311
        except ExternalFailure as error:
            codes.append(error.code)

    timeline.start(work)
    timeline.run()
    return "".join(codes), timeline.now_s


def test_a_throttled_call_is_tried_again_by_botocores_own_pace() -> None:
    account = Account(limits={GetAuthorizationToken: SCARCE})
    account.answer(GetAuthorizationToken, GetAuthorizationToken, 2.0, 0.0)
    assert call(account, attempts=6)[0] == ""
    assert account.tries(ended="RequestLimitExceeded") >= 1


def test_a_service_that_is_out_costs_every_try_and_its_time_to_connect() -> None:
    account = Account(outages=(Outage("ecr", 0.0, 1000.0),))
    code, ended_s = call(account, attempts=3)
    assert (code, account.tries(ended="unreachable")) == ("aws_unreachable", 3)
    assert 6.0 <= ended_s <= 7.0


def test_a_clock_that_is_wrong_is_refused_without_another_try() -> None:
    code, ended_s = call(Account(), attempts=6, skew_s=900.0)
    assert (code, ended_s < 1.0) == ("aws_credentials_rejected", True)


def test_a_small_fleet_registers_with_one_describe_call_for_each_boot() -> None:
    found = Storm.of(storm(20))
    assert (found.registered, found.verified, found.describes_a_boot) == (20, 20, 1.0)


def test_the_same_fleet_boots_the_same_way_again() -> None:
    assert Storm.of(storm(10)) == Storm.of(storm(10))


def test_a_fleet_that_ec2_throttles_registers_unverified_and_asks_no_more() -> None:
    found = Storm.of(storm(30, limits={**BY_ACTION, DescribeVolumes: SCARCE}))
    assert (found.registered, found.describes_a_boot) == (30, 1.0)
    assert 0 < found.verified < 30


def test_a_fleet_that_meets_an_outage_is_replaced_and_registers() -> None:
    fleet = storm(10, outages=(Outage("dynamodb", 0.0, 70.0),))
    assert {outcome.code for outcome in failures(fleet)} == {"aws_unreachable"}
    assert fleet.registered == 10


def test_the_timer_of_the_unit_spreads_a_fleet_over_the_half_minute() -> None:
    timers = [Timer(Random(number), TIMER) for number in range(300)]  # noqa: S311
    first = [timer.next_s(0.0) for timer in timers]
    assert (min(first) >= 30.0, max(first) <= 60.0, max(first) - min(first) > 25.0) == (True,) * 3
    assert [timer.next_s(60.0) - 60.0 for timer in timers] == [pytest.approx(at) for at in first]


def test_what_the_unit_says_of_its_delay_is_read() -> None:
    found = TimerSettings.of_unit("[Timer]\nRandomizedDelaySec=5s\n")
    assert found == TimerSettings(delay_s=5.0, fixed=False)


@pytest.mark.thorough
def test_the_quick_suite_holds_all_its_figures() -> None:
    results = run_suite(QUICK, processes=1).results
    assert all_hold(results), table(results)
