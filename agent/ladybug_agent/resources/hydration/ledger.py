"""Which blocks of a volume have been read: kept in a file, so that nothing is read twice.

A block that was fetched once stays on the volume, over restarts of the agent and of the machine.
One byte a block, in a shared mapping: what was marked outlives the process that is killed.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

HEADER = struct.Struct("<4sB3xQ48s")
MAGIC, VERSION = b"LBBL", 1
UNTOUCHED, TOUCHED, READ = b"\0", b"\1", b"\2"


class BlockLedger:
    """The marks of one volume's blocks: not touched, touched in part, read whole."""

    def __init__(self, marks: mmap.mmap, start: int, blocks: int) -> None:
        self._marks = marks
        self._start = start
        self._blocks = blocks

    def mark_touched(self, block: int) -> None:
        if self._mark(block) == UNTOUCHED:
            self._marks[self._start + block] = TOUCHED[0]

    def mark_read(self, block: int) -> None:
        self._marks[self._start + block] = READ[0]

    def touched(self, spans: Iterable[range]) -> int:
        """Return how many of the blocks have been touched, in part or whole."""
        return sum(len(span) - self._marks_of(span).count(UNTOUCHED) for span in spans)

    def read(self, spans: Iterable[range]) -> int:
        """Return how many of the blocks have been read whole."""
        return sum(self._marks_of(span).count(READ) for span in spans)

    def unread(self, spans: Sequence[range]) -> Iterator[int]:
        """Yield the blocks that are to be read: first those that nobody has touched."""
        return chain(self._with(UNTOUCHED, spans), self._with(TOUCHED, spans))

    def _with(self, mark: bytes, spans: Sequence[range]) -> Iterator[int]:
        for span in spans:
            end = self._start + span.stop
            at = self._marks.find(mark, self._start + span.start, end)
            while at >= 0:
                yield at - self._start
                at = self._marks.find(mark, at + 1, end)

    def _mark(self, block: int) -> bytes:
        return self._marks[self._start + block : self._start + block + 1]

    def _marks_of(self, span: range) -> bytes:
        return self._marks[self._start + span.start : self._start + span.stop]


@contextmanager
def opened_ledger(path: Path, volume_id: str, blocks: int) -> Iterator[BlockLedger]:
    """Open the volume's ledger, or begin one; one that is torn or of another volume is begun anew.

    Where it cannot be kept on disk it is kept in memory, and a restart reads everything again.
    """
    header = HEADER.pack(MAGIC, VERSION, blocks, volume_id.encode())
    try:
        handle = _opened(path, header, blocks)
    except OSError as error:
        log.warning("ledger_not_kept", path=str(path), error=str(error))
        with mmap.mmap(-1, max(1, blocks)) as marks:
            yield BlockLedger(marks, 0, blocks)
        return
    try:
        with mmap.mmap(handle, HEADER.size + blocks) as marks:
            yield BlockLedger(marks, HEADER.size, blocks)
    finally:
        os.close(handle)


def _opened(path: Path, header: bytes, blocks: int) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        # Of two that find none, one makes it: the other would cut it off under the first's mapping.
        fcntl.flock(handle, fcntl.LOCK_EX)
        size = len(header) + blocks
        if os.pread(handle, len(header), 0) != header or os.fstat(handle).st_size != size:
            os.ftruncate(handle, 0)
            # Not sparse: a mapping over a disk that is full would end the process by SIGBUS.
            os.posix_fallocate(handle, 0, size)
            os.pwrite(handle, header, 0)
        fcntl.flock(handle, fcntl.LOCK_UN)
    except BaseException:  # whose descriptor nobody gets, and is raised again
        os.close(handle)
        raise
    return handle
