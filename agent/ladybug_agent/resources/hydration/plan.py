"""In which order a volume is loaded: what every opening needs, what is hot, and then the rest."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain

from ladybug_agent.model.hydration import BLOCK_BYTES, PageRun
from ladybug_agent.resources.hydration.files import OpenDatabase
from ladybug_agent.resources.hydration.hot_map import HotMap, joined, subtract
from ladybug_agent.resources.hydration.pieces import Piece, blocks_of, first_of_each_block, place

SMALL_GAP_PAGES = 1
"""Reading a page in between costs less than another call; more of them would crowd the cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HotPlan:
    """What is read before the replica counts as warm, in this order.

    `roots` and `logs` need no map. `touch` is one piece of each hot block, most wanted first: the
    volume fetches whole blocks. `warm` is the rest of the hot pages, into the page cache.
    """

    roots: tuple[Piece, ...]
    logs: tuple[Piece, ...]
    touch: tuple[Piece, ...]
    warm: tuple[Piece, ...]

    @property
    def first(self) -> tuple[Piece, ...]:
        """What readiness waits for."""
        return (*self.roots, *self.logs, *self.touch)

    def warm_within(self, room_bytes: int) -> tuple[Piece, ...]:
        """Return of the warm pages, most wanted first, what fits into so much memory."""
        ends = accumulate(piece.length for piece in self.warm)
        return self.warm[: bisect_right(list(ends), room_bytes)]

    @property
    def all(self) -> tuple[Piece, ...]:
        return (*self.first, *self.warm)

    @property
    def blocks(self) -> frozenset[int]:
        return frozenset(piece.block for piece in self.all)


def hot_plan(databases: Sequence[OpenDatabase], maps: Mapping[str, HotMap]) -> HotPlan:
    """Place roots, logs and maps on the volume; `maps` by database UUID, clipped to the files."""
    roots = list(chain.from_iterable(place(d.roots, d.file) for d in databases))
    logs = [
        piece
        for database in databases
        if database.log and database.log.size_bytes
        for piece in place([PageRun(0, database.log.pages)], database.log)
    ]
    opening: list[Piece] = []
    queries: list[Piece] = []
    for database in databases:
        if known := maps.get(database.header.database_uuid):
            hot = known.clipped(database.file.pages)
            opening += _hot_pieces(hot.opening, database)
            queries += _hot_pieces(hot.queries, database)
    touch, warm = first_of_each_block(
        [*_most_seen_first(opening), *_most_seen_first(queries)],
        seen={piece.block for piece in chain(roots, logs)},
    )
    return HotPlan(roots=tuple(roots), logs=tuple(logs), touch=tuple(touch), warm=tuple(warm))


@dataclass(frozen=True, slots=True, kw_only=True)
class RestPlan:
    """What is read in the background: whole blocks of the device, around the page cache."""

    databases: tuple[range, ...]
    others: tuple[range, ...] = ()

    @property
    def blocks(self) -> tuple[range, ...]:
        return (*self.databases, *self.others)

    @property
    def count(self) -> int:
        return sum(len(span) for span in self.blocks)

    @property
    def bytes(self) -> int:
        return self.count * BLOCK_BYTES


def rest_plan(databases: Sequence[OpenDatabase], device_bytes: int, *, whole: bool) -> RestPlan:
    """Return the blocks of the databases; with `whole` then those of the rest of the device."""
    wanted = blocks_of(chain.from_iterable(database.files for database in databases))
    others = _between(wanted, -(-device_bytes // BLOCK_BYTES)) if whole else ()
    return RestPlan(databases=wanted, others=others)


def _hot_pieces(runs: Iterable[PageRun], database: OpenDatabase) -> Iterator[Piece]:
    others = subtract(runs, database.roots)
    return place(joined(others, gap_pages=SMALL_GAP_PAGES), database.file)


def _most_seen_first(pieces: list[Piece]) -> list[Piece]:
    """Most wanted first; in the order of the file where they are equal."""
    return sorted(pieces, key=lambda piece: -piece.seen)


def _between(taken: Sequence[range], end: int) -> tuple[range, ...]:
    starts = [0, *(span.stop for span in taken)]
    stops = [*(span.start for span in taken), end]
    gaps = (range(start, stop) for start, stop in zip(starts, stops, strict=True))
    return tuple(gap for gap in gaps if gap)
