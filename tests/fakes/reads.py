"""Reads of real files that are slow, fail or hang where a test wants them to."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

HELD_S = 20.0


@dataclass(slots=True, kw_only=True)
class FakeReads:
    """preadv(2), by offset: those that fail do so so many times, with an error of their own.

    `hang` reads come back when they are let go. `most_bytes` is what one read gives at the most.
    """

    takes_s: float = 0.0
    fail: Mapping[int, int] = field(default_factory=dict)
    error: int = 5  # EIO
    hang: frozenset[int] = frozenset()
    most_bytes: int | None = None
    begun: list[int] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    released: threading.Event = field(default_factory=threading.Event)
    _failed: Counter[int] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, handle: int, buffers: list[memoryview], offset: int) -> int:
        with self._lock:
            self.begun.append(offset)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            is_bad = self._failed[offset] < self.fail.get(offset, 0)
            self._failed[offset] += is_bad
        try:
            threading.Event().wait(self.takes_s)
            if offset in self.hang:
                self.released.wait(HELD_S)
                return len(buffers[0])  # the descriptor may be somebody else's by now
            if is_bad:
                raise OSError(self.error, os.strerror(self.error))
            return os.preadv(handle, [buffers[0][: self.most_bytes]], offset)
        finally:
            with self._lock:
                self.at_once -= 1
