"""Pages of files placed on the volume's own grid of blocks, in pieces that are read one by one.

Pieces that were cut by the file's grid would straddle the volume's, and fetch a fifth more blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ladybug_agent.model.hydration import BLOCK_BYTES, PAGE_BYTES, Extent, PageRun
from ladybug_agent.resources.hydration.files import OpenFile


class Piece(NamedTuple):
    """One read: of a file, through the page cache; or of the device itself, around it."""

    handle: int
    offset: int
    length: int
    block: int
    """Number of the volume's block that holds it."""
    seen: int = 1
    """How many recordings had it."""


def place(runs: Iterable[PageRun], file: OpenFile) -> Iterator[Piece]:
    """Yield the pieces of sorted runs of pages: each within one block; holes are left out."""
    extents = iter(file.extents)
    extent = next(extents, None)
    for run in runs:
        at, end = run.start * PAGE_BYTES, min(run.end * PAGE_BYTES, file.size_bytes)
        while extent is not None and at < end:
            if extent.logical + extent.length <= at:
                extent = next(extents, None)
                continue
            at = max(at, extent.logical)
            stop = min(end, extent.logical + extent.length)
            yield from _cut(file.handle, extent, at, stop, run.seen)
            at = max(at, stop)


def _cut(handle: int, extent: Extent, at: int, stop: int, seen: int) -> Iterator[Piece]:
    while at < stop:
        physical = extent.physical + at - extent.logical
        block = physical // BLOCK_BYTES
        length = min(stop - at, (block + 1) * BLOCK_BYTES - physical)
        yield Piece(handle, at, length, block, seen)
        at += length


def first_of_each_block(pieces: Iterable[Piece], seen: set[int]) -> tuple[list[Piece], list[Piece]]:
    """Return the first piece of each block not seen yet, and the others; in the order given.

    The first makes the volume fetch the block. Others that came with it would only wait for it.
    """
    firsts: list[Piece] = []
    others: list[Piece] = []
    for piece in pieces:
        (others if piece.block in seen else firsts).append(piece)
        seen.add(piece.block)
    return firsts, others


def blocks_of(files: Iterable[OpenFile]) -> tuple[range, ...]:
    """Return the blocks that hold the files, as sorted, disjoint ranges.

    >>> from pathlib import Path
    >>> where = (Extent(0, 4096, 2**20),)
    >>> blocks_of([OpenFile(Path("x"), handle=0, size_bytes=1, written_at=0, extents=where)])
    (range(0, 3),)
    """
    spans = sorted(
        (extent.physical // BLOCK_BYTES, -(-(extent.physical + extent.length) // BLOCK_BYTES))
        for file in files
        for extent in file.extents
    )
    found: list[range] = []
    for start, stop in spans:
        if found and start <= found[-1].stop:
            found[-1] = range(found[-1].start, max(stop, found[-1].stop))
        else:
            found.append(range(start, stop))
    return tuple(found)
