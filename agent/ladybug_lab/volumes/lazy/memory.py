"""The memory shared with the program that serves the view; `disk.h` says what lies where."""

from __future__ import annotations

import mmap
import time
from enum import IntEnum

from ladybug_lab.errors import LabError
from ladybug_lab.volumes.lazy.rules import LazyRules, Request

_MAGIC = 0x4B534944595A414C
_VERSION = 1
_NS_PER_S = 10**9
_FAULTS = range(24, 24 + 16 * 4, 4)  # the numbers of their first words
_REQUEST_WORDS = 3
_FOR_EVER = 2**64 - 1


class _Word(IntEnum):
    """The numbers of the words of `struct memory`."""

    MAGIC = 0
    VERSION = 1
    ORDER_AT = 3
    REQUESTS_AT = 4
    REQUEST_CAPACITY = 5
    COLD_SINCE = 8
    FIRST_TOUCH = 9
    BASE = 10
    FETCH_RATE = 11
    VOLUME_RATE = 12
    GONE = 13
    LOG_SINCE = 16
    TOUCHED_COUNT = 17
    REQUEST_COUNT = 18
    BLOCKED_COUNT = 19


class FaultKind(IntEnum):
    NONE = 0
    FAIL = 1
    HANG = 2


class DiskMemory:
    """The controller's side: it orders by writing words, and nothing here waits."""

    def __init__(self, fd: int) -> None:
        self._words = memoryview(mmap.mmap(fd, 0)).cast("Q")
        found = (self._words[_Word.MAGIC], self._words[_Word.VERSION])
        if found != (_MAGIC, _VERSION):
            raise LabError(f"the shared memory is of another kind: {found}")

    def set_rules(self, rules: LazyRules) -> None:
        self._words[_Word.FIRST_TOUCH] = round(rules.first_touch_s * _NS_PER_S)
        self._words[_Word.BASE] = round(rules.base_s * _NS_PER_S)
        self._words[_Word.FETCH_RATE] = round(rules.fetch_bytes_per_s or 0)
        self._words[_Word.VOLUME_RATE] = round(rules.volume_bytes_per_s or 0)

    def make_cold(self) -> None:
        self._words[_Word.COLD_SINCE] = time.monotonic_ns()

    def touched(self) -> tuple[int, ...]:
        at = self._words[_Word.ORDER_AT]
        return tuple(self._words[at : at + self._logged(_Word.TOUCHED_COUNT)])

    def requests(self) -> tuple[Request, ...]:
        """Raise `LabError` if there were more than the log has room for (some millions)."""
        count, capacity = self._logged(_Word.REQUEST_COUNT), self._words[_Word.REQUEST_CAPACITY]
        if count > capacity:
            raise LabError(f"{count} requests were made and the log has room for {capacity}")
        at = self._words[_Word.REQUESTS_AT]
        words = iter(self._words[at : at + count * _REQUEST_WORDS])
        return tuple(
            Request(offset=offset, length=length, at_s=at_ns / _NS_PER_S)
            for offset, length, at_ns in zip(words, words, words, strict=True)
        )

    def _logged(self, count: _Word) -> int:
        """The server empties the logs at the next request, and until then they are of old."""
        current = self._words[_Word.LOG_SINCE] == self._words[_Word.COLD_SINCE]
        return self._words[count] if current else 0

    def add_fault(self, kind: FaultKind, start: int, end: int, times: int | None) -> None:
        if not 0 <= start < end:
            raise LabError(f"no byte lies in [{start}, {end})")
        if times is not None and times < 1:
            raise LabError(f"a fault cannot happen {times} times")
        at = next((at for at in _FAULTS if self._words[at] == FaultKind.NONE), None)
        if at is None:
            raise LabError(f"all {len(_FAULTS)} places for faults are in use", "release() first")
        self._words[at + 1], self._words[at + 2] = start, end
        self._words[at + 3] = times or _FOR_EVER
        self._words[at] = kind  # last: from now on it is in force

    def clear_faults(self) -> None:
        for at in _FAULTS:
            self._words[at] = FaultKind.NONE

    def blocked_count(self) -> int:
        return self._words[_Word.BLOCKED_COUNT]

    def vanish(self) -> None:
        self._words[_Word.GONE] = 1
