"""Learning a hot map: what the engine has touched is what the page cache holds.

The engine reads by 4 KiB pages through the page cache, so that residency is its own trace. What we
read around the page cache leaves none; what a map has warmed does: a map that is recorded over
itself can grow and never shrink, which is what `fresh` recordings are for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ladybug_agent.model.hydration import PageRun
from ladybug_agent.ports.hydration import PageCache
from ladybug_agent.resources.hydration.files import OpenDatabase
from ladybug_agent.resources.hydration.hot_map import Generation, HotMap, Runs, subtract
from ladybug_agent.resources.hydration.pieces import place


@dataclass(frozen=True, slots=True, kw_only=True)
class HitRate:
    """How well a map foretold what is in the page cache now, in blocks of the volume.

    Those are what a first touch costs. Pages that the map itself brought in count as foretold.
    """

    hit: int
    missed: int

    @property
    def share(self) -> float | None:
        """Of the blocks with resident pages, how many the map had; None if there are none."""
        return self.hit / (self.hit + self.missed) if self.hit + self.missed else None


def record_opening(database: OpenDatabase, cache: PageCache, snapshot_id: str) -> HotMap:
    """Return the first tier: what is resident after an opening, and before any query."""
    return _recorded(database, snapshot_id, opening=_resident(database, cache), queries=())


def record_queries(
    database: OpenDatabase, cache: PageCache, snapshot_id: str, opening: Runs
) -> HotMap:
    """Return both tiers: of what is resident now, that which is not in `opening` is of queries."""
    resident = _resident(database, cache)
    queries = tuple(subtract(resident, opening))
    return _recorded(database, snapshot_id, opening=opening, queries=queries)


def forget_cached(databases: Iterable[OpenDatabase], cache: PageCache) -> None:
    """Empty the page cache of the databases, so that what is resident later is of then."""
    for database in databases:
        cache.evict(database.file.handle)


def hit_rate(database: OpenDatabase, cache: PageCache, known: HotMap) -> HitRate:
    """Compare what is resident now with a map."""
    resident = _blocks(database, _resident(database, cache))
    foretold = _blocks(database, database.roots)
    for tier in (known.opening, known.queries):
        foretold |= _blocks(database, tier)
    hit = len(resident & foretold)
    return HitRate(hit=hit, missed=len(resident) - hit)


def _recorded(database: OpenDatabase, snapshot_id: str, *, opening: Runs, queries: Runs) -> HotMap:
    recorded = HotMap(
        database_uuid=database.header.database_uuid,
        file_pages=database.file.pages,
        generation=Generation(snapshot_id=snapshot_id, written_at=database.file.written_at),
        recordings=1,
        opening=opening,
        queries=queries,
    )
    return recorded.fitted()


def _resident(database: OpenDatabase, cache: PageCache) -> tuple[PageRun, ...]:
    return cache.resident(database.file.handle, database.file.size_bytes)


def _blocks(database: OpenDatabase, runs: Iterable[PageRun]) -> set[int]:
    return {piece.block for piece in place(runs, database.file)}
