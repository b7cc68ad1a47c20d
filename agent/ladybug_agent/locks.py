"""Locks between processes of the agent; the kernel releases them when their holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ladybug_agent.errors import Busy


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
