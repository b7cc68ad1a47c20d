"""Run pieces of work side by side; of two that belong together the first failure stops both."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import structlog

from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.errors import Cancelled, DeadlineExceeded

A = TypeVar("A")
B = TypeVar("B")
T = TypeVar("T")
log = structlog.get_logger(__name__)

GRACE_S = 2.0
"""How long a branch may take to notice that it was cancelled or that the time is up."""


class _Branch(threading.Thread, Generic[T]):
    """One piece of work in its own thread, with what became of it.

    A daemon thread, because a read of an impaired volume can stay in D state for ever and must
    not keep the process from reporting the failure.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], T],
        deadline: Deadline,
        failures: list[BaseException],
    ) -> None:
        # Context variables do not reach threads by themselves: without the copy, the log lines of
        # a branch would lack boot_id.
        self._run_in_context = contextvars.copy_context().run
        self._work = work
        self._deadline = deadline
        self._failures = failures
        self.results: list[T] = []
        super().__init__(name=name, daemon=True)

    def run(self) -> None:
        try:
            self.results.append(self._run_in_context(self._work))
        except BaseException as error:  # noqa: BLE001 - carried to the caller and raised there
            self._failures.append(error)
            self._deadline.cancel()


def run_both(
    left: Callable[[], A],
    right: Callable[[], B],
    *,
    names: tuple[str, str],
    deadline: Deadline,
) -> tuple[A, B]:
    """Return both results, or raise the failure that is the reason.

    Blocks until both have ended. After a failure, or at the deadline, a branch that is still
    running has `GRACE_S` to end; one that does not is left behind in its thread and logged.
    """
    failures: list[BaseException] = []
    first = _Branch(names[0], left, deadline, failures)
    second = _Branch(names[1], right, deadline, failures)
    for branch in (first, second):
        branch.start()
    _join((first, second), deadline)
    stuck = [branch.name for branch in (first, second) if branch.is_alive()]
    _raise_failure(failures, stuck, deadline)
    return first.results[0], second.results[0]


def run_watched(
    work: Callable[[], T], what: str, deadline: Deadline, *, grace_s: float = 0.05
) -> T:
    """Return the result of work that may hang in the kernel; give it up when the time is up.

    A read of a file on an impaired volume cannot be cancelled. Its thread is then left behind, and
    DeadlineExceeded or Cancelled is raised. Work that is about to end may do so for `grace_s` more.
    """
    failures: list[BaseException] = []
    own = Deadline(deadline.clock, deadline.at)  # so that its failure cancels nothing else
    branch = _Branch(what, work, own, failures)
    branch.start()
    while branch.is_alive() and not deadline.is_over:
        branch.join(0.05)
    branch.join(grace_s)
    if failures:
        raise failures[0]
    if not branch.results:
        log.warning("work_left_behind", what=what)
        deadline.check(what)
    return branch.results[0]


class Beside(Generic[T]):
    """Work that goes on in a thread of its own beside the caller's; its failure stops nothing else.

    It ends early when `deadline` is cancelled. A process that ends does not wait for it.
    """

    def __init__(self, work: Callable[[], T], name: str, deadline: Deadline) -> None:
        self._failures: list[BaseException] = []
        own = Deadline(deadline.clock, deadline.at)  # so that its failure cancels nothing else
        self._branch = _Branch(name, work, own, self._failures)
        self._branch.start()

    @property
    def is_over(self) -> bool:
        return not self._branch.is_alive()

    def wait(self, seconds: float) -> None:
        """Block for so long, in real time, or until it is over."""
        self._branch.join(seconds)

    @property
    def failure(self) -> BaseException | None:
        """What it ended with, other than a result; for who goes on whatever it was."""
        return next(iter(self._failures), None)

    def result(self) -> T | None:
        """Return the result, or None while there is none; raise the failure that it ended with."""
        if self._failures:
            raise self._failures[0]
        return self._branch.results[0] if self._branch.results else None


def _join(branches: Sequence[threading.Thread], deadline: Deadline) -> None:
    """Wait in real time: branches are real threads, whatever clock their work looks at."""
    while any(branch.is_alive() for branch in branches) and not deadline.is_over:
        for branch in branches:
            branch.join(0.05)
    grace = Deadline.after(GRACE_S, SystemClock())
    for branch in branches:
        branch.join(grace.remaining_s)


def _raise_failure(
    failures: Sequence[BaseException], stuck: Sequence[str], deadline: Deadline
) -> None:
    """Raise the first failure, if any: what failed after it did so because it was cancelled."""
    if stuck:
        log.warning("branch_left_behind", branches=stuck, grace_s=GRACE_S)
    # A branch that was told to stop is never the reason, not even as the first.
    by_rank = sorted(failures, key=lambda error: isinstance(error, Cancelled))
    if by_rank:
        raise by_rank[0]
    if stuck:
        if deadline.cancelled.is_set():  # by nobody's failure: from outside, as SIGTERM does
            raise Cancelled("cancelled", f"stopped waiting for the {stuck[0]} branch")
        raise DeadlineExceeded(
            "branch_stuck",
            f"the {stuck[0]} branch did not end when the boot's time was up",
            hint="the step of the record that is still running says where: a mount or a read points"
            " to an impaired volume, a pull to the registry or the engine",
        )
