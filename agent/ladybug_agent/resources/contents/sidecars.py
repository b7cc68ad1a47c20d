"""The files beside a database: its write-ahead log, and what an unfinished checkpoint leaves.

Suffixes as the engine makes them (LadybugDB 0.12 to 0.22): `.wal`; `.shadow` and `.wal.checkpoint`
while a checkpoint is being applied; `.tmp` and lock files, which nobody needs again.
"""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from pathlib import Path

from ladybug_agent.errors import Refused
from ladybug_agent.resources.contents.database_file import WAL_HEADER_BYTES, DatabaseHeader
from ladybug_agent.resources.contents.directory import HINT, OpenDirectory, refuse_unreadable

WAL = ".wal"
PENDING = (".shadow", ".wal.checkpoint")
"""The engine refuses to open a database read-only beside one of these, empty or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar:
    """A file beside a database that belongs to its data."""

    suffix: str
    size_bytes: int


def verify_wal(
    directory: OpenDirectory, file_name: str, header: DatabaseHeader, uid: int
) -> Sidecar | None:
    """Return the write-ahead log, or None. Refuses one that is torn or of another database.

    Whether its records are whole only the engine can tell.
    """
    name = file_name + WAL
    with directory.file(name) as opened:
        if opened is None:
            return None
        handle, status = opened
        refuse_unreadable(directory.path / name, status, uid)
        _judge_wal(os.pread(handle, WAL_HEADER_BYTES, 0), header, directory.path / name)
        return Sidecar(suffix=WAL, size_bytes=status.st_size)


def pending_recovery(directory: OpenDirectory, file_name: str) -> tuple[str, ...]:
    """Return the names of the files that an unfinished checkpoint left."""
    present = set(directory.names())
    return tuple(f"{file_name}{suffix}" for suffix in PENDING if f"{file_name}{suffix}" in present)


def _judge_wal(head: bytes, header: DatabaseHeader, path: Path) -> None:
    if not head:
        return  # a log that was begun and not yet written to
    if len(head) < WAL_HEADER_BYTES:
        raise Refused(
            "snapshot_wal_torn",
            f"{path} ends within its own header ({len(head)} of {WAL_HEADER_BYTES} bytes)",
            hint=HINT,
        )
    owner = str(uuid.UUID(bytes=head))
    if owner != header.database_uuid:
        raise Refused(
            "snapshot_wal_foreign",
            f"{path} is the log of database {owner}, beside it is {header.database_uuid}",
            hint="a log was copied without its database, or the other way round: take a new"
            " snapshot; never delete the log, it holds committed data",
        )
