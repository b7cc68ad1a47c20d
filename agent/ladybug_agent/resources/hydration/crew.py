"""The reading itself: many reads under way at once, each of a piece whose bytes nobody keeps.

A lazily loaded volume answers a first touch after tens of milliseconds, whatever is read: only
depth makes it fast. The threads share one buffer, because nobody looks at what is in it.
"""

from __future__ import annotations

import contextvars
import errno
import mmap
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import structlog

from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.hydration import BLOCK_BYTES
from ladybug_agent.resources.hydration.latencies import Latencies
from ladybug_agent.resources.hydration.pace import TokenBucket, Window
from ladybug_agent.resources.hydration.pieces import Piece

log = structlog.get_logger(__name__)

TICK_S = 0.1
LEAVE_S = 1.0
"""How long reads that are under way may take to end when the reading is given up."""


@dataclass(slots=True)
class Tally:
    """What has been read so far."""

    bytes: int = 0
    pieces: int = 0
    retried: int = 0
    """Reads that failed once and then did not."""
    held_up: int = 0
    """Times that the token bucket held a read back."""
    latencies: Latencies = field(default_factory=Latencies)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFailure:
    """A piece that could not be read, twice."""

    piece: Piece
    error: OSError


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """How to read: with how many threads, how fast, and when to give up."""

    deadline: Deadline
    workers: int
    stall_s: float
    """A read that takes longer, while none ends, means that the volume does not answer."""
    explain: Callable[[ReadFailure], ExternalFailure]
    bucket: TokenBucket | None = None
    window: Window | None = None
    on_read: Callable[[Piece], None] = lambda _: None
    """Called for each piece that was read, by one thread at a time."""
    on_tick: Callable[[Tally], None] = lambda _: None
    """Called some ten times a second by the thread that waits."""

    def read(self, pieces: Iterable[Piece]) -> Tally:
        """Read every piece, in order of their beginning; blocks until all are read.

        Raises what `explain` makes of a piece that fails twice, ExternalFailure `hydration_stalled`
        when no read ends for `stall_s`, DeadlineExceeded and Cancelled. Reads that hang in the
        kernel are then left behind in their threads.
        """
        reading = _Reading(self, iter(pieces))
        try:
            reading.follow()
        finally:
            reading.stop()
        return reading.tally


class _Reading:
    """One run of the crew. `_changed` guards everything."""

    def __init__(self, crew: Crew, pieces: Iterator[Piece]) -> None:
        self._crew = crew
        self._pieces = pieces
        self._clock = crew.deadline.clock
        self._changed = threading.Condition()
        self._buffer = memoryview(mmap.mmap(-1, BLOCK_BYTES))
        self._under_way = 0
        self._is_over = False
        self._failure: ReadFailure | None = None
        self._moved_at = self._clock.monotonic()
        self.tally = Tally()
        # Daemons: a read of an impaired volume can stay in D state for ever.
        self._threads = [
            threading.Thread(target=contextvars.copy_context().run, args=(self._work,), daemon=True)
            for _ in range(crew.workers)
        ]

    def follow(self) -> None:
        for thread in self._threads:
            thread.start()
        with self._changed:
            while not self._is_done():
                self._changed.wait(TICK_S)
                self._crew.on_tick(self.tally)
                if self._failure:
                    raise self._crew.explain(self._failure)
                self._crew.deadline.check("the volume to be read")
                self._refuse_stall()

    def stop(self) -> None:
        """Let the threads end; those that hang are left behind."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
        give_up = self._clock.monotonic() + LEAVE_S
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, give_up - self._clock.monotonic()))
        stuck = sum(thread.is_alive() for thread in self._threads)
        if stuck:
            log.warning("reads_left_behind", count=stuck)

    def _is_done(self) -> bool:
        return self._is_over and not self._under_way and self._failure is None

    def _refuse_stall(self) -> None:
        silent_s = self._clock.monotonic() - self._moved_at
        if self._under_way and silent_s > self._crew.stall_s:
            raise ExternalFailure(
                "hydration_stalled",
                f"{self._under_way} reads of the volume are under way, and none has ended for"
                f" {silent_s:.0f} s",
                hint="is I/O enabled on the volume? `aws ec2 describe-volume-status`; look in"
                " `dmesg`, then replace the instance",
            )

    def _work(self) -> None:
        while (piece := self._next()) is not None:
            began = self._clock.monotonic()
            failure, retried = self._read(piece)
            self._ended(piece, self._clock.monotonic() - began, failure, retried=retried)

    def _next(self) -> Piece | None:
        """Return the next piece when it may be read; None when there is none."""
        crew = self._crew
        with self._changed:
            while not self._is_over:
                if crew.window and self._under_way >= crew.window.size:
                    self._changed.wait(TICK_S)
                    continue
                now = self._clock.monotonic()
                if crew.bucket and (wait_s := crew.bucket.wait_s(now)) > 0:
                    self.tally.held_up += 1
                    self._changed.wait(wait_s)
                    continue
                piece = next(self._pieces, None)
                if piece is None:
                    self._is_over = True
                    self._changed.notify_all()
                    return None
                if crew.bucket:
                    crew.bucket.take(piece.length, now)
                if not self._under_way:
                    self._moved_at = now  # nothing was waited for until now
                self._under_way += 1
                return piece
        return None

    def _read(self, piece: Piece) -> tuple[ReadFailure | None, bool]:
        """Read the piece, and once more if that fails; tell whether it took two."""
        try:
            os.preadv(piece.handle, [self._buffer[: piece.length]], piece.offset)
        except OSError as first:
            log.warning(
                "read_failed_once", offset=piece.offset, length=piece.length, error=_name(first)
            )
        else:
            return None, False
        try:
            os.preadv(piece.handle, [self._buffer[: piece.length]], piece.offset)
        except OSError as second:
            return ReadFailure(piece=piece, error=second), True
        return None, True

    def _ended(
        self, piece: Piece, took_s: float, failure: ReadFailure | None, *, retried: bool
    ) -> None:
        with self._changed:
            self._under_way -= 1
            self._moved_at = self._clock.monotonic()
            if failure:
                self._failure = self._failure or failure
                self._is_over = True
            else:
                self.tally.bytes += piece.length
                self.tally.pieces += 1
                self.tally.retried += retried
                self.tally.latencies.add(took_s)
                self._crew.on_read(piece)
            # A thread waits for each end only where the window is what holds it up.
            if self._is_over or self._crew.window:
                self._changed.notify_all() if self._is_over else self._changed.notify()


def _name(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, str(error))
