"""`verify --write-manifest`: says, when a snapshot is taken, what is in it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from ladybug_agent import __version__
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure, Refused
from ladybug_agent.files import write_atomically
from ladybug_agent.resources.contents.database import Database
from ladybug_agent.resources.contents.directory import OpenDirectory, chunks, opened_directory
from ladybug_agent.resources.contents.manifest import (
    FILE_NAME,
    SAMPLE_BYTES,
    DatabaseContract,
    FileContract,
    Manifest,
    manifest_document,
    sample_offsets,
)
from ladybug_agent.resources.contents.sidecars import WAL
from ladybug_agent.verify.directory import Verification


def write_manifest(
    found: Verification, source_volume_id: str, now: datetime, deadline: Deadline
) -> Path:
    """Hash every file of good databases and write the manifest beside them; return its path.

    Reads all of it, and blocks for that. Refuses a bad database, and a file that changes
    meanwhile: the writer must be stopped.
    """
    for result in found.results:
        if result.error is not None:
            raise result.error
    databases = tuple(result.database for result in found.results if result.database)
    tables = {result.name: result.tables for result in found.results}
    with opened_directory(found.directory) as directory:
        manifest = Manifest(
            taken_at=now,
            source_volume_id=source_volume_id,
            databases=tuple(_contract(directory, d, tables[d.name], deadline) for d in databases),
        )
    path = found.directory / FILE_NAME
    text = json.dumps(manifest_document(manifest, __version__), indent=1)
    try:
        write_atomically(path, text + "\n", durable=True)
    except OSError as error:
        raise ExternalFailure(
            "manifest_not_written",
            f"cannot write {path}",
            hint="run it where the databases are writable: on the master, before the snapshot",
        ) from error
    return path


def _contract(
    directory: OpenDirectory,
    database: Database,
    tables: Mapping[str, int | None] | None,
    deadline: Deadline,
) -> DatabaseContract:
    counted = tables is not None and all(rows is not None for rows in tables.values())
    name = database.file_name
    return DatabaseContract(
        name=database.name,
        database_uuid=database.header.database_uuid,
        storage_version=database.header.storage_version,
        file=_describe(directory, name, deadline),
        wal=_describe(directory, name + WAL, deadline) if database.wal else None,
        tables={t: int(rows or 0) for t, rows in (tables or {}).items()} if counted else None,
    )


def _describe(directory: OpenDirectory, name: str, deadline: Deadline) -> FileContract:
    with directory.file(name) as opened:
        if opened is None:
            raise _changed(directory.path / name)
        handle, before = opened
        digest = hashlib.sha256()
        for chunk in chunks(handle, before.st_size):
            deadline.check(f"all of {directory.path / name} to be read")
            digest.update(chunk)
        samples = {
            offset: hashlib.sha256(os.pread(handle, SAMPLE_BYTES, offset)).hexdigest()
            for offset in sample_offsets(before.st_size)
        }
        after = os.fstat(handle)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise _changed(directory.path / name)
    return FileContract(size_bytes=before.st_size, sha256=digest.hexdigest(), samples=samples)


def _changed(path: Path) -> Refused:
    return Refused(
        "manifest_source_changes",
        f"{path} was written to while it was being read",
        hint="stop the writer until the manifest is written and the snapshot taken",
    )
