"""Two branches side by side: both results, or the failure that is the reason."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass

import pytest

from fakes.clock import HELD_S, FakeClock
from ladybug_agent.branches import GRACE_S, Beside, run_both, run_watched
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.config import LoggingConfig
from ladybug_agent.errors import (
    AgentError,
    Cancelled,
    DeadlineExceeded,
    ExternalFailure,
    Refused,
)
from ladybug_agent.logs import configure_logs

BOOT_ID: ContextVar[str] = ContextVar("boot_id", default="unset")

NAMES = ("image", "data")


def held(deadline: Deadline) -> None:
    """Work that lasts until it is cancelled."""
    deadline.cancelled.wait(HELD_S)
    deadline.check("the other branch")


def fail() -> None:
    raise Refused("filesystem_missing", "found a blank device")


def test_both_results_come_back_in_order(deadline: Deadline) -> None:
    assert run_both(lambda: "data", lambda: 7, names=NAMES, deadline=deadline) == ("data", 7)


def test_the_branches_run_at_the_same_time(deadline: Deadline) -> None:
    meeting = threading.Barrier(2, timeout=HELD_S)
    assert sorted(run_both(meeting.wait, meeting.wait, names=NAMES, deadline=deadline)) == [0, 1]


def test_a_failure_of_the_left_branch_cancels_the_right(deadline: Deadline) -> None:
    with pytest.raises(Refused, match="blank device"):
        run_both(fail, lambda: held(deadline), names=NAMES, deadline=deadline)


def test_a_failure_of_the_right_branch_cancels_the_left(deadline: Deadline) -> None:
    with pytest.raises(Refused, match="blank device"):
        run_both(lambda: held(deadline), fail, names=NAMES, deadline=deadline)


def test_the_first_failure_is_the_reason_whichever_branch_it_is_in(deadline: Deadline) -> None:
    def fail_later() -> None:
        deadline.cancelled.wait(HELD_S)
        raise ExternalFailure("command_unkillable", "the mount did not die")

    with pytest.raises(Refused, match="blank device"):
        run_both(fail_later, fail, names=NAMES, deadline=deadline)


def test_a_bug_in_a_branch_is_raised_as_it_is(deadline: Deadline) -> None:
    def stumble() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_both(lambda: held(deadline), stumble, names=NAMES, deadline=deadline)


def test_a_cancellation_from_outside_ends_both(deadline: Deadline) -> None:
    threading.Timer(0.05, deadline.cancel).start()
    with pytest.raises(Cancelled):
        run_both(lambda: held(deadline), lambda: held(deadline), names=NAMES, deadline=deadline)


def test_context_variables_reach_both_branches(deadline: Deadline) -> None:
    BOOT_ID.set("boot-1")
    assert run_both(BOOT_ID.get, BOOT_ID.get, names=NAMES, deadline=deadline) == (
        "boot-1",
        "boot-1",
    )


def test_each_branch_has_a_fake_time_of_its_own(clock: FakeClock, deadline: Deadline) -> None:
    def wait(seconds: float) -> float:
        deadline.pause(seconds)
        return clock.passed_s

    assert run_both(lambda: wait(5.0), lambda: wait(7.0), names=NAMES, deadline=deadline) == (
        5.0,
        7.0,
    )
    assert clock.passed_s == 0.0


@dataclass(frozen=True, slots=True)
class HungRuns:
    """How runs with a branch that hangs in real time ended, and what they logged."""

    errors: Mapping[str, AgentError]
    took_s: float
    log: str


@pytest.fixture(scope="module")
def hung_runs() -> Iterator[HungRuns]:
    """Three runs at the same time, with work that notices no cancellation (a read in D state)."""
    out, clock, released = io.StringIO(), SystemClock(), threading.Event()
    configure_logs(LoggingConfig(format="json"), out)
    stopped = Deadline.after(60.0, clock)
    stopped.cancel()

    def hang() -> None:
        released.wait(60.0)

    def run(left: Callable[[], None], right: Callable[[], None], limit: Deadline) -> AgentError:
        with pytest.raises(AgentError) as caught:
            run_both(left, right, names=NAMES, deadline=limit)
        return caught.value

    began = clock.monotonic()
    with ThreadPoolExecutor() as pool:
        runs = {
            "one fails": pool.submit(run, hang, fail, Deadline.after(60.0, clock)),
            "time is up": pool.submit(run, hang, hang, Deadline.after(0.1, clock)),
            "stopped": pool.submit(run, hang, lambda: None, stopped),
        }
        errors = {name: future.result() for name, future in runs.items()}
    yield HungRuns(errors, clock.monotonic() - began, out.getvalue())
    released.set()


def test_a_branch_that_hangs_does_not_hide_why_the_other_failed(hung_runs: HungRuns) -> None:
    assert isinstance(hung_runs.errors["one fails"], Refused)


def test_branches_that_hang_at_the_deadline_are_the_reason(hung_runs: HungRuns) -> None:
    error = hung_runs.errors["time is up"]
    assert (type(error), error.code) == (DeadlineExceeded, "branch_stuck")


def test_a_stop_from_outside_is_the_reason_even_if_a_branch_hangs(hung_runs: HungRuns) -> None:
    assert isinstance(hung_runs.errors["stopped"], Cancelled)


def test_branches_that_hang_are_left_behind_within_about_two_seconds(hung_runs: HungRuns) -> None:
    assert GRACE_S <= hung_runs.took_s < GRACE_S + 1.5


def test_branches_that_are_left_behind_are_logged(hung_runs: HungRuns) -> None:
    lines = [json.loads(line) for line in hung_runs.log.splitlines()]
    assert [line["event"] for line in lines] == ["branch_left_behind"] * 3


def test_watched_work_gives_its_result(deadline: Deadline) -> None:
    assert run_watched(lambda: 7, "a number", deadline) == 7


def test_watched_work_that_fails_cancels_nothing_else(deadline: Deadline) -> None:
    with pytest.raises(Refused, match="blank"):
        run_watched(fail, "a mount", deadline)
    assert not deadline.cancelled.is_set()


def test_watched_work_that_hangs_is_left_behind_in_time() -> None:
    never = threading.Event()
    soon = Deadline.after(0.2, SystemClock())
    with pytest.raises(DeadlineExceeded, match="waiting for the contents"):
        run_watched(lambda: never.wait(HELD_S), "the contents", soon)
    never.set()


def test_watched_work_that_is_cancelled_is_left_behind(deadline: Deadline) -> None:
    never = threading.Event()
    deadline.cancel()
    with pytest.raises(Cancelled):
        run_watched(lambda: never.wait(HELD_S), "the contents", deadline)
    never.set()


def test_work_beside_has_no_result_until_it_is_over(deadline: Deadline) -> None:
    go_on = threading.Event()
    beside = Beside(lambda: go_on.wait(HELD_S), "hydration", deadline)
    assert (beside.is_over, beside.result()) == (False, None)
    go_on.set()
    beside.wait(HELD_S)
    assert (beside.is_over, beside.result()) == (True, True)


def test_work_beside_that_fails_cancels_nothing_else(deadline: Deadline) -> None:
    beside = Beside(fail, "hydration", deadline)
    beside.wait(HELD_S)
    for _ in range(2):  # whoever asks is told
        with pytest.raises(Refused, match="blank"):
            beside.result()
    assert not deadline.cancelled.is_set()


def test_a_wait_for_work_beside_has_an_end(deadline: Deadline) -> None:
    never = threading.Event()
    beside = Beside(lambda: never.wait(HELD_S), "hydration", deadline)
    beside.wait(0.05)
    assert not beside.is_over
    never.set()


def test_work_beside_logs_as_its_caller(deadline: Deadline) -> None:
    BOOT_ID.set("boot-1")
    beside = Beside(BOOT_ID.get, "hydration", deadline)
    beside.wait(HELD_S)
    assert beside.result() == "boot-1"
