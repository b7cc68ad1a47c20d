"""The reading itself: many reads under way at once, each of a piece whose bytes nobody keeps.

A lazily loaded volume answers a first touch after tens of milliseconds, whatever is read: only
depth makes it fast. The threads share one buffer, because nobody looks at what is in it.
"""

from __future__ import annotations

import contextvars
import mmap
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import structlog

from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.hydration import BLOCK_BYTES
from ladybug_agent.resources.hydration.pace import Depth, TokenBucket
from ladybug_agent.resources.hydration.pieces import Piece
from ladybug_agent.resources.hydration.reads import ReadAt, ReadFailure, Tally, read_piece, stall

log = structlog.get_logger(__name__)

TICK_S = 0.1
LONGEST_PAUSE_S = 1.0
"""A reader that the bucket holds back looks again at the latest then: the rate may have grown."""
LEAVE_S = 1.0
"""How long reads that are under way may take to end when the reading is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """How to read: with how many threads, how fast, and when to give up."""

    deadline: Deadline
    workers: int
    stall_s: float
    """A read that takes longer, while none ends, means that the volume does not answer."""
    explain: Callable[[ReadFailure], ExternalFailure]
    bucket: TokenBucket | None = None
    depth: Depth | None = None
    """How many of them; None is all."""
    on_read: Callable[[Piece], None] = lambda _: None
    """Called for each piece that was read, by one thread at a time."""
    on_tick: Callable[[Tally], None] = lambda _: None
    """Called some ten times a second by the thread that waits; it holds no read up."""
    read_at: ReadAt = os.preadv

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
    """One run of the crew. `_lock` guards everything."""

    def __init__(self, crew: Crew, pieces: Iterator[Piece]) -> None:
        self._crew = crew
        self._pieces = pieces
        self._clock = crew.deadline.clock
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        """Told when one more read may begin."""
        self._end = threading.Condition(self._lock)
        """Told when no more reads begin, and when more readers are wanted."""
        self._buffer = memoryview(mmap.mmap(-1, BLOCK_BYTES))
        self._under_way = 0
        self._is_over = self._is_broken = self._is_left = False
        self._failure: ReadFailure | None = None
        self._moved_at = self._clock.monotonic()
        self.tally = Tally()
        self._threads: list[threading.Thread] = []

    def follow(self) -> None:
        self._hire()
        while self._goes_on():
            self._hire()
            # Without the lock: what is told there may take long, and no read waits for it.
            self._crew.on_tick(self.tally)
            self._crew.deadline.check("the volume to be read")

    def stop(self) -> None:
        """Let the threads end; those that hang are left behind, and nothing is told of them."""
        with self._lock:
            self._let_end()
        give_up = self._clock.monotonic() + LEAVE_S
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, give_up - self._clock.monotonic()))
        with self._lock:
            self._is_left = True
        if stuck := sum(thread.is_alive() for thread in self._threads):
            log.warning("reads_left_behind", count=stuck)

    def _hire(self) -> None:
        """Start as many readers as there may be reads under way."""
        depth, most = self._crew.depth, self._crew.workers
        while len(self._threads) < (min(depth.size, most) if depth else most):
            # Daemons: a read of an impaired volume can stay in D state for ever.
            work = contextvars.copy_context().run
            thread = threading.Thread(target=work, args=(self._work,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _goes_on(self) -> bool:
        """Wait a moment for the end; return whether it is still to come. Raises what went wrong."""
        with self._lock:
            if not self._is_done():
                self._end.wait(TICK_S)
            if self._failure:
                raise self._crew.explain(self._failure)
            if self._is_broken:
                raise RuntimeError("a reader ended by an error of its own, told above")
            self._refuse_stall()
            return not self._is_done()

    def _is_done(self) -> bool:
        return self._is_over and not self._under_way

    def _refuse_stall(self) -> None:
        silent_s = self._clock.monotonic() - self._moved_at
        if self._under_way and silent_s > self._crew.stall_s:
            raise stall(self._under_way, silent_s)

    def _work(self) -> None:
        try:
            while (piece := self._next()) is not None:
                began = self._clock.monotonic()
                failure, retried = read_piece(piece, self._buffer, self._crew.read_at)
                self._ended(piece, self._clock.monotonic() - began, failure, retried=retried)
        except BaseException:  # the others must not wait for this reader; raised again
            with self._lock:
                self._is_broken = True
                self._let_end()
            raise

    def _next(self) -> Piece | None:
        """Return the next piece when it may be read; None when there is none."""
        crew = self._crew
        with self._lock:
            while not self._is_over:
                now = self._clock.monotonic()
                if crew.bucket and (wait_s := crew.bucket.wait_s(now)) > 0:
                    self.tally.held_up += 1
                    self._room.wait(min(wait_s, LONGEST_PAUSE_S))
                    continue
                piece = next(self._pieces, None)
                if piece is None:
                    self._let_end()
                    return None
                if crew.bucket:
                    crew.bucket.take(piece.length, now)
                if not self._under_way:
                    self._moved_at = now  # nothing was waited for until now
                self._under_way += 1
                return piece
        return None

    def _ended(
        self, piece: Piece, took_s: float, failure: ReadFailure | None, *, retried: bool
    ) -> None:
        with self._lock:
            if self._is_left:
                return  # who is told of reads may be gone
            self._under_way -= 1
            self._moved_at = self._clock.monotonic()
            if failure:
                self._failure = self._failure or failure
                self._let_end()
                return
            self.tally.bytes += piece.length
            self.tally.pieces += 1
            self.tally.retried += retried
            self.tally.latencies.add(took_s)
            self._crew.on_read(piece)
            depth = self._crew.depth
            if self._is_done() or (depth and depth.saw(took_s)):
                self._end.notify()  # who follows may have more readers to hire

    def _let_end(self) -> None:
        """Begin no more reads."""
        self._is_over = True
        self._room.notify_all()
        self._end.notify_all()
