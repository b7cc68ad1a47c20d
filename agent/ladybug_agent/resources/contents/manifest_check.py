"""Whether the files are what the manifest says, as deeply as the configuration asks."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Literal

from ladybug_agent.clock import Deadline
from ladybug_agent.errors import Refused
from ladybug_agent.resources.contents.database import Database
from ladybug_agent.resources.contents.directory import HINT, OpenDirectory, chunks
from ladybug_agent.resources.contents.manifest import (
    FILE_NAME,
    MOST_BYTES,
    SAMPLE_BYTES,
    DatabaseContract,
    FileContract,
    Manifest,
    ManifestError,
    parse_manifest,
)
from ladybug_agent.resources.contents.sidecars import WAL

SHOWN_NAMES = 10

Depth = Literal["names", "sampled", "full"]


def read_manifest(directory: OpenDirectory) -> Manifest | None:
    """Return the manifest, or None if there is none. Refuses one that cannot be read."""
    path = directory.path / FILE_NAME
    with directory.file(FILE_NAME) as opened:
        if opened is None:
            return None
        handle, status = opened
        problem = f"has {status.st_size} bytes, more than a manifest has"
        if status.st_size <= MOST_BYTES:
            try:
                return parse_manifest(b"".join(chunks(handle, MOST_BYTES)))
            except ManifestError as error:
                problem = str(error)
    raise Refused(
        "snapshot_manifest_unreadable",
        f"{path} {problem}",
        hint="write it anew with `ladybug-agent verify --write-manifest` when the next snapshot is"
        ' taken, or set `data.manifest = "ignore"`',
    )


def check_database(
    directory: OpenDirectory,
    database: Database,
    manifest: Manifest,
    depth: Depth,
    deadline: Deadline,
) -> DatabaseContract:
    """Compare one database with its contract; return the contract. Refuses any difference.

    `names` reads nothing; `sampled` touches 64 pages of each file, asked for all at once; `full`
    reads every byte and blocks for as long as that takes, at most to the deadline.
    """
    contract = manifest.of(database.name)
    if contract is None:
        names = [ascii(known.name) for known in manifest.databases]
        listed = ", ".join(names[:SHOWN_NAMES]) or "nothing"
        raise _differs(database, f"the manifest lists {listed}, and not {database.name}")
    path = directory.path / database.file_name
    if database.pending:  # which no manifest is ever written over
        beside = " and ".join(database.pending)
        raise _differs(database, f"{path} was written to after the manifest: found {beside}")
    found = (database.header.database_uuid, database.header.storage_version)
    wanted = (contract.database_uuid, contract.storage_version)
    if found != wanted:
        raise _differs(
            database,
            f"wanted {path} to be database {wanted[0]} of storage version {wanted[1]}, found"
            f" {found[0]} of storage version {found[1]}",
        )
    if (database.wal is None) != (contract.wal is None):
        words = "no log" if database.wal is None else "a log"
        raise _differs(database, f"found {words} beside {path}, the manifest says otherwise")
    _check_file(directory, database.file_name, contract.file, depth, deadline)
    if contract.wal is not None:
        _check_file(directory, database.file_name + WAL, contract.wal, depth, deadline)
    return contract


def _check_file(
    directory: OpenDirectory, name: str, contract: FileContract, depth: Depth, deadline: Deadline
) -> None:
    path = directory.path / name
    with directory.file(name) as opened:
        size = opened[1].st_size if opened else 0
        if opened is None or size != contract.size_bytes:
            raise Refused(
                "snapshot_manifest_differs",
                f"wanted {path} with {contract.size_bytes} bytes, found {size}",
                hint=HINT,
            )
        if depth == "sampled":
            _check_samples(opened[0], path, contract)
        elif depth == "full":
            _check_all(opened[0], path, contract, deadline)


def _check_samples(handle: int, path: Path, contract: FileContract) -> None:
    for offset in contract.samples:
        # All are asked for before one is waited for: a first touch takes tens of milliseconds.
        os.posix_fadvise(handle, offset, SAMPLE_BYTES, os.POSIX_FADV_WILLNEED)
    for offset, wanted in contract.samples.items():
        found = hashlib.sha256(os.pread(handle, SAMPLE_BYTES, offset)).hexdigest()
        if found != wanted:
            raise _altered(path, f"the page at byte {offset}", wanted, found)


def _check_all(handle: int, path: Path, contract: FileContract, deadline: Deadline) -> None:
    digest = hashlib.sha256()
    for chunk in chunks(handle, contract.size_bytes):
        deadline.check(f"all of {path} to be read")
        digest.update(chunk)
    if digest.hexdigest() != contract.sha256:
        raise _altered(path, "the file as a whole", contract.sha256, digest.hexdigest())


def _altered(path: Path, what: str, wanted: str, found: str) -> Refused:
    return Refused(
        "snapshot_database_altered",
        f"{what} of {path} has the SHA-256 {found[:16]}…, the manifest says {wanted[:16]}…",
        hint=f"it was written to after the manifest, or lost a write; {HINT}",
    )


def _differs(database: Database, what: str) -> Refused:
    return Refused("snapshot_manifest_differs", what, hint=HINT, database=database.name)
