"""Locks between processes of the agent; the kernel releases them when their holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from ladybug_agent.clock import Deadline
from ladybug_agent.errors import Busy, DeadlineExceeded, NotYet
from ladybug_agent.waiting import BRISK, wait_until


@contextmanager
def hold(path: Path, taken: Callable[[], Busy]) -> Iterator[None]:
    """Hold a lock file. Raises what `taken` returns if another process has it; OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise taken() from error
        yield
    finally:
        os.close(handle)


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
