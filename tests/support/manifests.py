"""Manifests of small databases, as the writer makes them when the snapshot is taken."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from fakes.clock import STARTED_AT
from ladybug_agent.resources.contents.database_file import HEADER, parse_header
from ladybug_agent.resources.contents.manifest import (
    FILE_NAME,
    SAMPLE_BYTES,
    DatabaseContract,
    FileContract,
    Manifest,
    manifest_document,
    sample_offsets,
)

TAKEN_AT = STARTED_AT - timedelta(hours=1)


def file_contract(content: bytes, samples: int = 64) -> FileContract:
    return FileContract(
        size_bytes=len(content),
        sha256=_sha256(content),
        samples={
            offset: _sha256(content[offset : offset + SAMPLE_BYTES])
            for offset in sample_offsets(len(content), samples)
        },
    )


def contract_of(
    path: Path, *, samples: int = 64, tables: Mapping[str, int] | None = None
) -> DatabaseContract:
    """Return the contract of a database file and of the log beside it."""
    content = path.read_bytes()
    header = parse_header(content[: HEADER.size])
    wal = path.with_name(f"{path.name}.wal")
    return DatabaseContract(
        name=path.stem,
        database_uuid=header.database_uuid,
        storage_version=header.storage_version,
        file=file_contract(content, samples),
        wal=file_contract(wal.read_bytes()) if wal.exists() else None,
        tables=tables,
    )


def manifest_of(*paths: Path, samples: int = 64) -> Manifest:
    databases = tuple(contract_of(path, samples=samples) for path in paths)
    return Manifest(taken_at=TAKEN_AT, databases=databases)


def write_manifest(directory: Path, manifest: Manifest) -> Path:
    path = directory / FILE_NAME
    path.write_text(json.dumps(manifest_document(manifest, "0.0")), encoding="utf-8")
    return path


def altered(contract: DatabaseContract, **changes: object) -> Manifest:
    """Return a manifest of one database in which something is otherwise."""
    changed: DatabaseContract = replace(contract, **changes)  # type: ignore[arg-type]
    return Manifest(taken_at=TAKEN_AT, databases=(changed,))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
