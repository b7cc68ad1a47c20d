"""What the kernel's page cache holds of a file: mincore(2) and posix_fadvise(2)."""

from __future__ import annotations

import ctypes
import mmap
import os
import re
from collections.abc import Iterator

from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.hydration import PAGE_BYTES, PageRun

WINDOW_BYTES = 2**30
"""Looked at in one go: 256 KiB of answer, whatever the size of the file."""
RESIDENT = re.compile(rb"\x01+")
LOWEST_BIT = bytes(byte & 1 for byte in range(256))  # the others are reserved
MAP_FAILED = ctypes.c_void_p(-1).value


class KernelPageCache:
    def __init__(self, window_bytes: int = WINDOW_BYTES) -> None:
        self._window_bytes = window_bytes
        library = ctypes.CDLL(None, use_errno=True)
        self._mmap = library.mmap
        self._mmap.restype = ctypes.c_void_p
        self._mmap.argtypes = [
            ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int,
            ctypes.c_int, ctypes.c_int, ctypes.c_int64,
        ]  # fmt: skip
        self._munmap = library.munmap
        self._munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
        self._mincore = library.mincore
        self._mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]

    def resident(self, handle: int, size_bytes: int) -> tuple[PageRun, ...]:
        found: list[PageRun] = []
        for start in range(0, size_bytes, self._window_bytes):
            length = min(self._window_bytes, size_bytes - start)
            for run in self._resident_in(handle, start, length):
                if found and found[-1].end == run.start:  # goes on from the last window
                    run = PageRun(found[-1].start, run.end - found.pop().start)  # noqa: PLW2901
                found.append(run)
        return tuple(found)

    def evict(self, handle: int) -> None:
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)

    def _resident_in(self, handle: int, start: int, length: int) -> Iterator[PageRun]:
        # Mapping reads nothing: no page of it is looked at, only asked about.
        address = self._mmap(None, length, mmap.PROT_READ, mmap.MAP_SHARED, handle, start)
        if address == MAP_FAILED:
            raise _failed("map the file")
        try:
            answer = ctypes.create_string_buffer(-(-length // PAGE_BYTES))
            if self._mincore(address, length, answer):
                raise _failed("ask which of its pages are in memory")
        finally:
            self._munmap(address, length)
        first = start // PAGE_BYTES
        for found in RESIDENT.finditer(answer.raw.translate(LOWEST_BIT)):
            yield PageRun(first + found.start(), found.end() - found.start())


def _failed(act: str) -> ExternalFailure:
    number = ctypes.get_errno()
    return ExternalFailure(
        "page_cache_unknown",
        f"wanted to {act}, the kernel says {os.strerror(number)}",
        hint="run it as root; is memory short? `free -m`",
    )
