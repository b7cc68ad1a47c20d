"""The hot map: which pages of a database its engine touches, learnt from the page cache.

A map is a hint. It holds positions and never contents, so a page that has changed since is still
read where it is now; a map that is missing, foreign or wrong makes a boot slower and never wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ladybug_agent.model.hydration import PageRun

MOST_RUNS = 100_000
"""In one tier. A file of 4 GB has some thousands; more are joined over small gaps."""
MOST_SEEN = 0xFFFF
MOST_RECORDINGS = 0xFFFF_FFFF

Runs = tuple[PageRun, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """Which state of the database a recording was made over; the later one supersedes."""

    snapshot_id: str
    """For people; empty where nobody knows."""
    written_at: int
    """When the file was last written to: seconds since the epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HotMap:
    """What recordings of one database have seen, in two tiers: sorted, disjoint runs of pages."""

    database_uuid: str
    file_pages: int
    """Pages of the file at the last recording."""
    generation: Generation
    recordings: int
    opening: Runs
    """Resident after the engine had opened the database."""
    queries: Runs
    """Resident after the first real queries, and not in `opening`."""

    @property
    def pages(self) -> int:
        return sum(run.pages for run in (*self.opening, *self.queries))

    def clipped(self, file_pages: int) -> HotMap:
        """Return the map without what lies past the end of a file of so many pages."""
        return replace(
            self,
            opening=tuple(_clip(self.opening, file_pages)),
            queries=tuple(_clip(self.queries, file_pages)),
        )

    def fitted(self) -> HotMap:
        """Return the map with at most `MOST_RUNS` runs in each tier: neighbours are joined."""
        return replace(self, opening=fit(self.opening), queries=fit(self.queries))


def merge(known: HotMap | None, recording: HotMap) -> HotMap:
    """Return what is known after one more recording of the same database.

    Counts add up. A recording over a later snapshot halves what is known first, so that what only
    one recording of an earlier snapshot had seen is forgotten; one over an earlier snapshot than
    what is known adds nothing.
    """
    if known is None or recording.generation.written_at > known.generation.written_at:
        base = _aged(known) if known else None
    elif recording.generation.written_at < known.generation.written_at:
        return known
    else:
        base = known
    if base is None:
        return recording
    opening = tuple(add(base.opening, recording.opening))
    merged = replace(
        recording,
        recordings=min(MOST_RECORDINGS, base.recordings + recording.recordings),
        opening=opening,
        # What one replica had in its first tier and another in its second belongs to the first.
        queries=tuple(subtract(add(base.queries, recording.queries), opening)),
    )
    return merged.fitted()


def add(left: Iterable[PageRun], right: Iterable[PageRun]) -> Iterator[PageRun]:
    """Yield the pages of both, with how often they were seen added up.

    >>> list(add([PageRun(0, 4, 2)], [PageRun(2, 4, 1)]))
    [PageRun(start=0, pages=2, seen=2), PageRun(start=2, pages=2, seen=3), PageRun(start=4, pages=2, seen=1)]
    """  # noqa: E501 - a doctest's answer is one line
    steps: list[tuple[int, int]] = []
    for run in (*left, *right):
        steps.append((run.start, run.seen))
        steps.append((run.end, -run.seen))
    steps.sort()
    return joined(_level_runs(steps))


def subtract(runs: Iterable[PageRun], taken: Iterable[PageRun]) -> Iterator[PageRun]:
    """Yield what of `runs` is not in `taken`; both sorted and disjoint.

    >>> list(subtract([PageRun(0, 10)], [PageRun(3, 2)]))
    [PageRun(start=0, pages=3, seen=1), PageRun(start=5, pages=5, seen=1)]
    """
    others = iter(taken)
    other = next(others, None)
    for run in runs:
        start = run.start
        while other is not None and other.start < run.end:
            if other.start > start:
                yield PageRun(start, other.start - start, run.seen)
            start = max(start, other.end)
            if other.end > run.end:
                break
            other = next(others, None)
        if start < run.end:
            yield PageRun(start, run.end - start, run.seen)


def overlap(runs: Iterable[PageRun], others: Iterable[PageRun]) -> int:
    """Return how many pages of `runs` are in `others` too; both sorted and disjoint."""
    mine = list(runs)
    return sum(run.pages for run in mine) - sum(run.pages for run in subtract(mine, others))


def fit(runs: Runs, most: int = MOST_RUNS) -> Runs:
    """Return at most so many runs: those with the smallest gaps between them are joined.

    >>> fit((PageRun(0, 1), PageRun(2, 1), PageRun(90, 1)), most=2)
    (PageRun(start=0, pages=3, seen=1), PageRun(start=90, pages=1, seen=1))
    """
    gap = 1
    while len(runs) > most:
        runs = tuple(joined(runs, gap_pages=gap))
        gap *= 2
    return runs


def joined(runs: Iterable[PageRun], *, gap_pages: int = 0) -> Iterator[PageRun]:
    """Join neighbours: where they touch and were seen equally often, or over a small gap."""
    last: PageRun | None = None
    for run in runs:
        if last is None:
            last = run
        elif run.start - last.end <= gap_pages and (gap_pages or run.seen == last.seen):
            last = PageRun(last.start, run.end - last.start, max(last.seen, run.seen))
        else:
            yield last
            last = run
    if last is not None:
        yield last


def _aged(known: HotMap) -> HotMap:
    return replace(
        known,
        recordings=known.recordings // 2,
        opening=tuple(_halved(known.opening)),
        queries=tuple(_halved(known.queries)),
    )


def _halved(runs: Iterable[PageRun]) -> Iterator[PageRun]:
    return (run._replace(seen=run.seen // 2) for run in runs if run.seen > 1)


def _clip(runs: Iterable[PageRun], end: int) -> Iterator[PageRun]:
    for run in runs:
        if run.start < end:
            yield run._replace(pages=min(run.pages, end - run.start))


def _level_runs(steps: list[tuple[int, int]]) -> Iterator[PageRun]:
    level = at = 0
    for position, change in steps:
        if level > 0 and position > at:
            yield PageRun(at, position - at, min(level, MOST_SEEN))
        level += change
        at = position
