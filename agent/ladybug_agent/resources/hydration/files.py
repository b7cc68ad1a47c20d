"""The files that are loaded, databases and their logs: held open, and where they lie."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import KW_ONLY, dataclass
from pathlib import Path

from ladybug_agent.model.hydration import PAGE_BYTES, Extent, PageRun
from ladybug_agent.ports.hydration import FileLayout
from ladybug_agent.resources.contents.database import SUFFIX
from ladybug_agent.resources.contents.database_file import (
    HEADER,
    DatabaseHeader,
    HeaderError,
    parse_header,
)
from ladybug_agent.resources.contents.directory import OpenDirectory, opened_directory


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that is held open: what becomes of its name meanwhile does not matter."""

    path: Path
    _: KW_ONLY
    handle: int
    size_bytes: int
    written_at: int
    """When it was last written to: seconds since the epoch."""
    extents: tuple[Extent, ...]

    @property
    def pages(self) -> int:
        return -(-self.size_bytes // PAGE_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDatabase:
    name: str
    file: OpenFile
    header: DatabaseHeader
    log: OpenFile | None
    """The write-ahead log beside it: every start of the engine replays it."""

    @property
    def files(self) -> tuple[OpenFile, ...]:
        return (self.file, self.log) if self.log else (self.file,)

    @property
    def roots(self) -> tuple[PageRun, ...]:
        """The pages that every opening reads first: header, catalog, metadata."""
        last = self.file.pages
        found = [PageRun(0, 1)]
        for start, pages in sorted(self.header.roots):
            begin = max(start, found[-1].end)
            if begin < min(start + pages, last):
                found.append(PageRun(begin, min(start + pages, last) - begin))
        return tuple(found)


@contextmanager
def opened_databases(
    root: Path, below: str, names: Sequence[str], layout: FileLayout
) -> Iterator[tuple[OpenDatabase, ...]]:
    """Open the databases of a mounted volume, and their logs; what is no database is left out.

    Whether they are whole is for the verification to say. Reads the header of each.
    """
    with ExitStack() as held:
        # Open beyond this block, so that what fails later is not taken for a failure of the files.
        with opened_directory(root, below) as directory:
            found = [_open_database(directory, name, layout, held) for name in names]
        yield tuple(database for database in found if database)


def _open_database(
    directory: OpenDirectory, name: str, layout: FileLayout, held: ExitStack
) -> OpenDatabase | None:
    file = _open_file(directory, f"{name}{SUFFIX}", layout, held)
    if file is None:
        return None
    try:
        header = parse_header(os.pread(file.handle, HEADER.size, 0))
    except HeaderError:
        return None
    log = _open_file(directory, f"{name}{SUFFIX}.wal", layout, held)
    return OpenDatabase(name=name, file=file, header=header, log=log)


def _open_file(
    directory: OpenDirectory, name: str, layout: FileLayout, held: ExitStack
) -> OpenFile | None:
    with directory.file(name) as opened:
        if opened is None:
            return None
        handle, status = os.dup(opened[0]), opened[1]
    held.callback(os.close, handle)
    # What is read is what the plan says; read-ahead would fetch blocks that nobody asked for.
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_RANDOM)
    return OpenFile(
        path=directory.path / name,
        handle=handle,
        size_bytes=status.st_size,
        written_at=max(0, int(status.st_mtime)),
        extents=layout.extents(handle),
    )
