"""Run two independent pieces of work side by side; the first failure stops the other."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import structlog

from ladybug_agent.clock import Deadline
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

    def __init__(self, name: str, work: Callable[[], T], deadline: Deadline) -> None:
        # Context variables do not reach threads by themselves: without the copy, the log lines of
        # a branch would lack boot_id.
        self._run_in_context = contextvars.copy_context().run
        self._work = work
        self._deadline = deadline
        self.results: list[T] = []
        self.error: BaseException | None = None
        super().__init__(name=name, daemon=True)

    def run(self) -> None:
        try:
            self.results.append(self._run_in_context(self._work))
        except BaseException as error:  # noqa: BLE001 - carried to the caller and raised there
            self.error = error
            self._deadline.cancel()


def run_both(left: Callable[[], A], right: Callable[[], B], *, deadline: Deadline) -> tuple[A, B]:
    """Return both results, or raise the failure that is the reason.

    Blocks until both have ended. After a failure, or at the deadline, a branch that is still
    running has `GRACE_S` to end; one that does not is left behind in its thread and logged.
    """
    first = _Branch("left", left, deadline)
    second = _Branch("right", right, deadline)
    for branch in (first, second):
        branch.start()
    _join(first, deadline)
    _join(second, deadline)
    _raise_failure(first, second)
    return first.results[0], second.results[0]


def _join(branch: _Branch[T], deadline: Deadline) -> None:
    """Wait in real time: branches are real threads, whatever clock their work looks at."""
    while branch.is_alive() and not deadline.is_over:
        branch.join(0.05)
    branch.join(GRACE_S)


def _raise_failure(first: _Branch[A], second: _Branch[B]) -> None:
    stuck = [branch.name for branch in (first, second) if branch.is_alive()]
    if stuck:
        log.warning("branch_left_behind", branches=stuck, grace_s=GRACE_S)
    failures = [branch.error for branch in (first, second) if branch.error is not None]
    # A branch that was cancelled because the other one failed is never the reason.
    failures.sort(key=lambda error: isinstance(error, Cancelled))
    if failures:
        raise failures[0]
    if stuck:
        raise DeadlineExceeded(
            "branch_stuck",
            f"work of the {stuck[0]} branch did not end when its time was up",
            hint="a read or mount hangs in the kernel: look for an impaired volume",
        )
