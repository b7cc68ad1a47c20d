"""Deadlines on a clock that is told the time, and the one real clock."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from fakes.clock import FakeClock
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.errors import Cancelled, DeadlineExceeded


def test_a_deadline_has_all_of_its_time_at_first(clock: FakeClock) -> None:
    deadline = Deadline.after(30.0, clock)
    assert (deadline.remaining_s, deadline.is_over) == (30.0, False)


def test_a_deadline_is_over_at_its_very_moment(clock: FakeClock) -> None:
    deadline = Deadline.after(30.0, clock)
    clock.advance(30.0)
    assert deadline.is_over


def test_the_time_that_remains_is_never_negative(clock: FakeClock) -> None:
    deadline = Deadline.after(30.0, clock)
    clock.advance(31.0)
    assert deadline.remaining_s == 0.0


def test_a_capped_deadline_is_the_earlier_of_both(clock: FakeClock) -> None:
    deadline = Deadline.after(30.0, clock)
    assert [deadline.capped(s).remaining_s for s in (10.0, 50.0)] == [10.0, 30.0]


def test_cancelling_a_capped_deadline_cancels_the_whole(clock: FakeClock) -> None:
    deadline = Deadline.after(30.0, clock)
    deadline.capped(10.0).cancel()
    assert deadline.is_over


def test_a_pause_takes_no_longer_than_the_deadline(clock: FakeClock) -> None:
    Deadline.after(3.0, clock).pause(5.0)
    assert clock.passed_s == 3.0


def test_a_pause_of_a_cancelled_deadline_takes_no_time(clock: FakeClock) -> None:
    deadline = Deadline.after(3.0, clock)
    deadline.cancel()
    deadline.pause(5.0)
    assert clock.passed_s == 0.0


def test_a_check_in_time_is_silent(clock: FakeClock) -> None:
    Deadline.after(30.0, clock).check("the disk")


def test_a_check_after_the_deadline_says_what_was_waited_for(clock: FakeClock) -> None:
    deadline = Deadline.after(0.0, clock)
    with pytest.raises(DeadlineExceeded, match="ran out of time waiting for the disk") as caught:
        deadline.check("the disk")
    assert caught.value.code == "deadline_exceeded"


def test_a_check_after_both_says_cancelled(clock: FakeClock) -> None:
    deadline = Deadline.after(0.0, clock)
    deadline.cancel()
    with pytest.raises(Cancelled, match="stopped waiting for the disk") as caught:
        deadline.check("the disk")
    assert caught.value.code == "cancelled"


def test_a_real_pause_is_woken_by_a_cancellation() -> None:
    clock = SystemClock()
    deadline = Deadline.after(60.0, clock)
    began = clock.monotonic()
    threading.Timer(0.05, deadline.cancel).start()
    deadline.pause(60.0)
    assert clock.monotonic() - began < 5.0


def test_the_real_wall_clock_is_in_utc() -> None:
    assert SystemClock().utcnow().utcoffset() == timedelta(0)


def test_the_real_clock_says_whether_the_event_came() -> None:
    event = threading.Event()
    before = SystemClock().wait(event, 0.001)
    event.set()
    assert (before, SystemClock().wait(event, 60.0)) == (False, True)
