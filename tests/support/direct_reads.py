"""Reads of a block device that pass by the page cache."""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def read(node: Path, offset: int, length: int = 4096) -> bytes:
    """Return the bytes; offset and length are whole sectors."""
    handle = os.open(node, os.O_RDONLY | os.O_DIRECT)
    try:
        with mmap.mmap(-1, length) as buffer:  # on a page boundary, as O_DIRECT wants it
            return buffer[: os.preadv(handle, [buffer], offset)]
    finally:
        os.close(handle)


def read_all(
    node: Path, offsets: Sequence[int], length: int = 4096, *, readers: int = 64
) -> list[float]:
    """Read all of those places, that many at a time; return when each was read, in order."""

    def read_one(offset: int) -> float:
        read(node, offset, length)
        return time.monotonic()

    with ThreadPoolExecutor(readers) as pool:
        return sorted(pool.map(read_one, offsets))


def timed_read(node: Path, offset: int, length: int = 4096) -> float:
    """Return how many seconds the read takes."""
    started = time.monotonic()
    read(node, offset, length)
    return time.monotonic() - started
