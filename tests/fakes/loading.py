"""Databases on a volume as hydration sees them: real files, placed on a device as a test likes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fakes.clock import FakeClock
from fakes.databases import DATABASE_UUID, database_bytes
from fakes.hydration import FakeLayout
from fakes.storage import DISK, FakeBlockDevices
from ladybug_agent.model.hydration import BLOCK_BYTES, PAGE_BYTES, Extent, PageRun
from ladybug_agent.resources.contents.database_file import DatabaseHeader
from ladybug_agent.resources.hydration.files import OpenDatabase, OpenFile
from ladybug_agent.resources.hydration.hot_map import Generation, HotMap, Runs
from ladybug_agent.resources.hydration.pieces import Piece
from ladybug_agent.resources.hydration.source import HydrationSource, OpenSource, opened_source

PAGES_A_BLOCK = BLOCK_BYTES // PAGE_BYTES
MONDAY = 1_770_000_000


def pages_at(*places: tuple[int, int, int]) -> tuple[Extent, ...]:
    """Return extents; each is given in pages: where in the file, where on the device, how long."""
    return tuple(Extent(*(PAGE_BYTES * number for number in place)) for place in places)


def an_open_file(
    *extents: Extent,
    handle: int = 7,
    size_bytes: int | None = None,
    path: Path = Path("/mnt/sec.lbug"),
) -> OpenFile:
    """Return a file that lies so; it is as long as its extents reach."""
    end = max((extent.logical + extent.length for extent in extents), default=0)
    return OpenFile(
        path=path,
        handle=handle,
        size_bytes=end if size_bytes is None else size_bytes,
        written_at=MONDAY,
        extents=extents,
    )


def an_open_database(
    file: OpenFile,
    *,
    name: str = "sec",
    identity: uuid.UUID = DATABASE_UUID,
    roots: tuple[tuple[int, int], ...] = (),
    log: OpenFile | None = None,
) -> OpenDatabase:
    header = DatabaseHeader(
        storage_version=41, database_uuid=str(identity), pages_needed=1, roots=roots
    )
    return OpenDatabase(name=name, file=file, header=header, log=log)


def a_hot_map(
    opening: Runs = (),
    queries: Runs = (),
    *,
    identity: uuid.UUID = DATABASE_UUID,
    file_pages: int = 10_000,
    snapshot_id: str = "snap-0123456789abcdef0",
) -> HotMap:
    return HotMap(
        database_uuid=str(identity),
        file_pages=file_pages,
        generation=Generation(snapshot_id=snapshot_id, written_at=MONDAY),
        recordings=1,
        opening=opening,
        queries=queries,
    )


def pages_in(pieces: Iterable[Piece]) -> list[int]:
    """Return the pages of the file that the pieces touch, in order of reading."""
    return [
        page
        for piece in pieces
        for page in range(
            piece.offset // PAGE_BYTES, -(-(piece.offset + piece.length) // PAGE_BYTES)
        )
    ]


def runs(*pages: int, seen: int = 1) -> Runs:
    """Return runs of one page each."""
    return tuple(PageRun(page, 1, seen) for page in pages)


@contextmanager
def an_open_source(
    tmp_path: Path, pages: Mapping[str, int], layout: FakeLayout | None = None
) -> Iterator[OpenSource]:
    """Open a volume with databases of so many pages; they lie on it one after another."""
    directory = tmp_path / "volume" / "databases"
    directory.mkdir(parents=True, exist_ok=True)
    for name, count in pages.items():
        path = directory / f"{name}.lbug"
        if not path.exists():
            path.write_bytes(database_bytes(pages=count))
    source = HydrationSource(
        pinned=FakeBlockDevices(FakeClock()).pinned_device(DISK),
        volume_id="vol-0123456789abcdef0",
        snapshot_id="snap-0123456789abcdef0",
        root=tmp_path / "volume",
        databases_dir="databases",
        names=tuple(pages),
    )
    with opened_source(source, layout or FakeLayout(), tmp_path / "ledgers") as opened:
        yield opened
