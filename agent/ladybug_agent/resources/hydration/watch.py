"""Follows the reading of whole blocks: how far it is, how fast, and who else reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

from ladybug_agent.clock import Deadline
from ladybug_agent.config.hydration import HydrationConfig
from ladybug_agent.model.hydration import BLOCK_BYTES, DiskReads
from ladybug_agent.resources.hydration.crew import Crew
from ladybug_agent.resources.hydration.latencies import Latencies
from ladybug_agent.resources.hydration.pace import Depth, TokenBucket
from ladybug_agent.resources.hydration.plan import RestPlan
from ladybug_agent.resources.hydration.reads import Tally
from ladybug_agent.resources.hydration.source import OpenSource

SMOOTHING = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class RestProgress:
    """How far the reading is. Rate in bytes a second, over the last seconds."""

    done_blocks: int
    total_blocks: int
    rate: float
    yields: bool
    latencies: Latencies

    @property
    def pct(self) -> float:
        """Percent of the blocks that have been read."""
        return 100.0 * self.done_blocks / self.total_blocks if self.total_blocks else 100.0

    @property
    def eta_s(self) -> float | None:
        """Seconds to the end at this rate; None while nobody can tell."""
        left = (self.total_blocks - self.done_blocks) * BLOCK_BYTES
        return left / self.rate if self.rate > 0 else None


Observer = Callable[[RestProgress], None]
"""Called some ten times a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What was read between two looks."""

    now: float
    elapsed_s: float
    bytes: int
    pieces: int

    @property
    def rate(self) -> float:
        return self.bytes / self.elapsed_s


class Others:
    """Tells the reads of queries from our own, in what the kernel counts for the whole disk."""

    def __init__(self, disk_reads: Callable[[], DiskReads], window: int) -> None:
        self._disk_reads = disk_reads
        self._window = window
        self._before = disk_reads().completed

    def since(self, our_pieces: int) -> int:
        """Return how many reads by others have ended since the last call; at least so many."""
        now = self._disk_reads()
        # The kernel cuts a read into requests; those that ended at the edge of the second are
        # counted on one side only.
        ours = (our_pieces + self._window) * -(-BLOCK_BYTES // now.request_bytes)
        found = now.completed - self._before - ours
        self._before = now.completed
        return max(0, found)


class Watch:
    """Follows a reading: how fast it was lately, how far it is."""

    def __init__(
        self, opened: OpenSource, plan: RestPlan, deadline: Deadline, observe: Observer
    ) -> None:
        self._opened = opened
        self._plan = plan
        self._deadline = deadline
        self._observe = observe
        self._done = opened.ledger.read(plan.blocks)
        self.rate = 0.0
        self._at = deadline.clock.monotonic()
        self._bytes = self._pieces = 0
        self.yields = False

    def passed(self, tally: Tally, every_s: float) -> Passed | None:
        """Return what was read since the last time, if that was `every_s` ago; else None."""
        now = self._deadline.clock.monotonic()
        elapsed_s = now - self._at
        if elapsed_s < every_s:
            return None
        passed = Passed(
            now=now,
            elapsed_s=elapsed_s,
            bytes=tally.bytes - self._bytes,
            pieces=tally.pieces - self._pieces,
        )
        self._at, self._bytes, self._pieces = now, tally.bytes, tally.pieces
        self.rate += (passed.rate - self.rate) * (SMOOTHING if self.rate else 1.0)
        return passed

    def crew(
        self,
        rules: HydrationConfig,
        *,
        workers: int,
        depth: Depth | None = None,
        bucket: TokenBucket | None = None,
        tick: Callable[[Tally], object],
    ) -> Tally:
        """Read all that the plan has unread."""

        def look(tally: Tally) -> None:
            tick(tally)
            self._observe(self._progress(tally))

        crew = Crew(
            deadline=self._deadline,
            workers=workers,
            stall_s=rules.stall_timeout_s,
            explain=self._opened.explain,
            bucket=bucket,
            depth=depth,
            on_read=lambda piece: self._opened.ledger.mark_read(piece.block),
            on_tick=look,
        )
        unread = self._opened.ledger.unread
        blocks = chain(unread(self._plan.databases), unread(self._plan.others))
        tally = crew.read(self._opened.pieces(blocks))
        self._observe(self._progress(tally))
        return tally

    def _progress(self, tally: Tally) -> RestProgress:
        return RestProgress(
            done_blocks=self._done + tally.pieces,
            total_blocks=self._plan.count,
            rate=self.rate,
            yields=self.yields,
            latencies=tally.latencies,
        )
