"""Waiting for a lock that another process of the agent holds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

from ladybug_agent.clock import Deadline
from ladybug_agent.errors import Busy, DeadlineExceeded, NotYet
from ladybug_agent.waiting import BRISK, wait_until


def await_lock(
    stack: ExitStack,
    lock: Callable[[], AbstractContextManager[None]],
    what: str,
    deadline: Deadline,
) -> None:
    """Enter the lock into `stack` once it is free. Raises the lock's Busy if it never is."""

    def look() -> None:
        try:
            stack.enter_context(lock())
        except Busy as busy:
            raise NotYet("lock_held", str(busy), hint=busy.hint) from busy

    try:
        wait_until(look, what, deadline=deadline, pace=BRISK)
    except DeadlineExceeded as late:
        busy = late.__cause__.__cause__ if late.__cause__ else None
        if isinstance(busy, Busy):
            raise busy from busy.__cause__
        raise
