"""One database on the volume: whole by its own header and its log, readable by the container."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ladybug_agent.errors import Refused
from ladybug_agent.resources.contents.database_file import (
    HEADER,
    PAGE_BYTES,
    WAL_EMPTY_BYTES,
    DatabaseHeader,
    HeaderError,
    parse_header,
)
from ladybug_agent.resources.contents.directory import (
    HINT,
    OpenDirectory,
    foreign,
    refuse_unreadable,
)
from ladybug_agent.resources.contents.sidecars import Sidecar, pending_recovery, verify_wal

SUFFIX = ".lbug"


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """One database file, by its own header."""

    name: str
    size_bytes: int
    header: DatabaseHeader
    wal: Sidecar | None = None
    pending: tuple[str, ...] = ()
    """Files of an unfinished checkpoint: only an engine that may write can finish it."""

    @property
    def file_name(self) -> str:
        return f"{self.name}{SUFFIX}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is allowed, and still worth a word."""
        pages = self.header.page_count
        told = []
        if self.wal is not None and self.wal.size_bytes:
            told.append(f"{self.wal.size_bytes} bytes of log are replayed at every start")
        if pages and self.wal is None and not self.pending and self.size_bytes > pages * PAGE_BYTES:
            told.append(f"longer than the {pages} pages that its header counts")
        return tuple(told)


def verify_database(directory: OpenDirectory, name: str, uid: int) -> Database:
    """Check one database without its engine. Reads three pages at most; changes nothing.

    Raises Refused for one that is missing, no regular file of the volume, empty, of another
    format, shorter than its header says, without tables, or not readable by `uid`.
    """
    path = directory.path / f"{name}{SUFFIX}"
    with directory.file(path.name) as opened:
        if opened is None:
            raise _missing(directory, path, name)
        handle, status = opened
        if status.st_size == 0:
            # The engine opens an empty file as an empty database and serves it.
            raise Refused(
                "snapshot_database_empty", f"{path} has no bytes", hint=HINT, database=name
            )
        refuse_unreadable(path, status, uid)
        try:
            header = parse_header(os.pread(handle, HEADER.size, 0))
        except HeaderError as error:
            raise foreign(path, str(error)) from error
        _judge_length(status.st_size, header, path)
        _refuse_zeroed(handle, header, path)
    wal = verify_wal(directory, path.name, header, uid)
    pending = pending_recovery(directory, path.name)
    has_records = wal is not None and wal.size_bytes > WAL_EMPTY_BYTES
    if not header.root_pages and not pending and not has_records:
        raise Refused(
            "snapshot_database_without_tables",
            f"{path} was never checkpointed and has no log beside it: it holds nothing",
            hint="was its `.wal` left out of the snapshot? it holds all the data until the first"
            " checkpoint",
            database=name,
        )
    return Database(name=name, size_bytes=status.st_size, header=header, wal=wal, pending=pending)


def _judge_length(size_bytes: int, header: DatabaseHeader, path: Path) -> None:
    needed = header.pages_needed * PAGE_BYTES
    if size_bytes < needed:
        problem = f"its header needs {needed}"
    elif size_bytes % PAGE_BYTES:
        problem = f"wanted whole pages of {PAGE_BYTES}"
    else:
        return
    raise Refused(
        "snapshot_database_truncated",
        f"{path} has {size_bytes} bytes, {problem}",
        hint=HINT,
        database=path.stem,
    )


def _refuse_zeroed(handle: int, header: DatabaseHeader, path: Path) -> None:
    """Look at the pages where catalog and metadata start: lost writes leave them all zero."""
    for page in header.root_pages:
        if not any(os.pread(handle, PAGE_BYTES, page * PAGE_BYTES)):
            raise Refused(
                "snapshot_database_zeroed",
                f"{path} has only zeros in page {page}, where its header has the catalog or the"
                " metadata",
                hint=HINT,
                database=path.stem,
            )


def _missing(directory: OpenDirectory, path: Path, name: str) -> Refused:
    if not any(found.endswith(SUFFIX) for found in directory.names()):
        return Refused(
            "snapshot_without_databases",
            f"wanted the database {path}, found no database at all, but {directory.listing()}",
            hint=f'{HINT}; a first deployment without data sets `data.mode = "empty"`',
            database=name,
        )
    return Refused(
        "snapshot_database_missing",
        f"wanted the database {path}, found {directory.listing()}",
        hint=f"{HINT}; or correct `data.databases`",
        database=name,
    )
