"""The one waiting loop: at once, later, never, cancelled; at exact times on a fake clock."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from itertools import accumulate

import pytest

from fakes.clock import FakeClock
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import Cancelled, DeadlineExceeded, NotYet, Refused
from ladybug_agent.waiting import BRISK, Pace, wait_until

NEVER = float("inf")


def appears_at(clock: FakeClock, at_s: float, looks: list[float]) -> Callable[[], str]:
    """Return a probe that succeeds from `at_s` on and notes the time of each look."""

    def probe() -> str:
        looks.append(clock.passed_s)
        if clock.passed_s < at_s:
            raise NotYet("not_there", "there is nothing yet", hint="be patient")
        return "there"

    return probe


def test_what_is_there_at_once_costs_no_time(clock: FakeClock) -> None:
    looks: list[float] = []
    found = wait_until(appears_at(clock, 0, looks), "it", deadline=Deadline.after(10, clock))
    assert (found, looks) == ("there", [0.0])


def test_a_wait_looks_at_the_times_of_its_pace(clock: FakeClock) -> None:
    looks: list[float] = []
    pace = Pace(0.4, 1.0)
    wait_until(appears_at(clock, 5.0, looks), "it", deadline=Deadline.after(10, clock), pace=pace)
    pauses = (pace.pause_s(attempt) for attempt in range(1, len(looks)))
    assert looks == [round(at, 3) for at in accumulate(pauses, initial=0.0)]
    assert looks[-2] < 5.0 <= looks[-1]


def test_a_pace_slows_down_and_then_stays() -> None:
    pauses = [Pace(0.4, 1.0).pause_s(attempt) for attempt in range(1, 20)]
    assert (pauses[0], pauses[-1], sorted(pauses)) == (0.4, 1.0, pauses)


def test_the_last_look_is_at_the_deadline(clock: FakeClock) -> None:
    looks: list[float] = []
    probe = appears_at(clock, 2.5, looks)
    assert (
        wait_until(probe, "it", deadline=Deadline.after(2.5, clock), pace=Pace(1.0, 1.0)),
        looks,
    ) == ("there", [0.0, 1.0, 2.0, 2.5])


def test_what_never_comes_is_given_up_at_the_deadline(clock: FakeClock) -> None:
    probe = appears_at(clock, NEVER, [])
    with pytest.raises(DeadlineExceeded, match="ran out of time waiting for it"):
        wait_until(probe, "it", deadline=Deadline.after(10, clock))
    assert clock.passed_s == 10.0


def test_a_wait_in_vain_ends_with_the_last_answer_as_its_cause(clock: FakeClock) -> None:
    probe = appears_at(clock, NEVER, [])
    with pytest.raises(DeadlineExceeded) as caught:
        wait_until(probe, "it", deadline=Deadline.after(10, clock))
    cause = caught.value.__cause__
    assert isinstance(cause, NotYet)
    assert (cause.code, caught.value.code, caught.value.hint) == (
        "not_there",
        "deadline_exceeded",
        "be patient",
    )


def test_a_deadline_that_is_over_still_allows_one_look(clock: FakeClock) -> None:
    found = wait_until(appears_at(clock, 0, []), "it", deadline=Deadline.after(0, clock))
    assert found == "there"


def test_a_cancelled_wait_ends_after_the_look_it_is_in(clock: FakeClock) -> None:
    looks: list[float] = []
    deadline = Deadline.after(10, clock)
    deadline.cancel()
    with pytest.raises(Cancelled, match="stopped waiting for it"):
        wait_until(appears_at(clock, NEVER, looks), "it", deadline=deadline)
    assert looks == [0.0]


def test_a_wait_cancelled_in_its_midst_ends_there(clock: FakeClock) -> None:
    deadline = Deadline.after(10, clock)

    def probe() -> None:
        if clock.passed_s >= 2.0:
            deadline.cancel()
        raise NotYet("not_there", "there is nothing yet")

    with pytest.raises(Cancelled):
        wait_until(probe, "it", deadline=deadline, pace=Pace(1.0, 1.0))
    assert clock.passed_s == 2.0


def test_any_other_error_ends_the_wait_at_once(clock: FakeClock) -> None:
    def probe() -> None:
        raise Refused("foreign", "this is not it")

    with pytest.raises(Refused, match="this is not it"):
        wait_until(probe, "it", deadline=Deadline.after(10, clock))
    assert clock.passed_s == 0.0


def test_an_event_may_wake_the_wait_early(clock: FakeClock) -> None:
    looks: list[float] = []
    wait_until(
        appears_at(clock, 0.3, looks),
        "it",
        deadline=Deadline.after(10, clock),
        pace=Pace(5.0, 5.0),
        sleep=lambda _: clock.advance(0.1),
    )
    assert looks == [0.0, 0.1, 0.2, 0.3]


@pytest.mark.thorough
def test_a_wait_of_hours_does_not_overflow(clock: FakeClock) -> None:
    probe = appears_at(clock, 7000.0, [])
    assert wait_until(probe, "it", deadline=Deadline.after(7200, clock), pace=BRISK) == "there"


def test_each_look_in_vain_is_in_the_log_at_the_lowest_level(
    clock: FakeClock, log_output: io.StringIO
) -> None:
    deadline = Deadline.after(10, clock)
    wait_until(appears_at(clock, 1.0, []), "it", deadline=deadline, pace=Pace(1.0, 1.0))
    (line,) = [json.loads(line) for line in log_output.getvalue().splitlines()]
    assert {name: line[name] for name in ("event", "level", "what", "attempt", "reason")} == {
        "event": "still_waiting",
        "level": "debug",
        "what": "it",
        "attempt": 1,
        "reason": "there is nothing yet",
    }
