"""The snapshot manifest: what the writer says is in the snapshot, and whether it is.

Written beside the databases by `ladybug-agent verify --write-manifest` when the snapshot is taken;
JSON, schema `ladybug.snapshot/1`, public API (docs/verification.md).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

FILE_NAME = "ladybug-snapshot.json"
SCHEMA = "ladybug.snapshot/1"
SAMPLE_BYTES = 4096
MOST_BYTES = 16 * 2**20
SHA256_DIGITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContract:
    """One file: its length, its SHA-256, and that of some of its pages by their offset in bytes.

    Samples are of 4096 bytes, or fewer at the end of the file. They cost one touch each on a
    lazily loaded volume, however large the file is.
    """

    size_bytes: int
    sha256: str
    samples: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseContract:
    name: str
    database_uuid: str
    storage_version: int
    file: FileContract
    wal: FileContract | None
    tables: Mapping[str, int] | None
    """Rows by table; None if the writer did not count them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    taken_at: datetime
    databases: tuple[DatabaseContract, ...]
    source_volume_id: str = ""
    """The EBS volume that the writer has them on; empty if it could not be told."""

    def of(self, name: str) -> DatabaseContract | None:
        return next((contract for contract in self.databases if contract.name == name), None)


class ManifestError(ValueError):
    """This text is not a snapshot manifest."""


def parse_manifest(text: bytes) -> Manifest:
    """Parse a manifest. Raises ManifestError with the reason.

    >>> parse_manifest(b"[]")
    Traceback (most recent call last):
    ladybug_agent.resources.contents.manifest.ManifestError: has no schema `ladybug.snapshot/1`
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ManifestError("is not JSON") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise ManifestError(f"has no schema `{SCHEMA}`")
    try:
        _refuse_twins(document["databases"])
        return Manifest(
            taken_at=_moment(document["taken_at"]),
            databases=tuple(_database(entry) for entry in _entries(document["databases"])),
            source_volume_id=_source(document.get("source_volume_id")),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ManifestError(f"lacks or garbles a field ({error!r:.200})") from error


def manifest_document(manifest: Manifest, agent_version: str) -> dict[str, Any]:
    """Return the JSON form; the inverse of `parse_manifest`."""
    return {
        "schema": SCHEMA,
        "agent_version": agent_version,
        "taken_at": manifest.taken_at.astimezone(UTC).isoformat(timespec="seconds"),
        "source_volume_id": manifest.source_volume_id or None,
        "databases": [
            {
                "name": contract.name,
                "database_uuid": contract.database_uuid,
                "storage_version": contract.storage_version,
                "file": _file_document(contract.file),
                "wal": _file_document(contract.wal) if contract.wal else None,
                "tables": dict(contract.tables) if contract.tables is not None else None,
            }
            for contract in manifest.databases
        ],
    }


def sample_offsets(size_bytes: int, count: int = 64) -> tuple[int, ...]:
    """Return where to sample a file: its first and last page, and pages evenly between.

    >>> sample_offsets(5 * 4096, count=3)
    (0, 8192, 16384)
    """
    last = max(0, (size_bytes - 1) // SAMPLE_BYTES)
    if last < count:
        pages = range(last + 1)
        return tuple(page * SAMPLE_BYTES for page in pages) if size_bytes else ()
    return tuple(last * number // (count - 1) * SAMPLE_BYTES for number in range(count))


def _entries(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list")
    return value


def _database(entry: dict[str, Any]) -> DatabaseContract:
    tables = entry["tables"]
    return DatabaseContract(
        name=_text(entry["name"]),
        database_uuid=_text(entry["database_uuid"]),
        storage_version=_count(entry["storage_version"]),
        file=_file(entry["file"]),
        wal=_file(entry["wal"]) if entry["wal"] is not None else None,
        tables=None if tables is None else {_text(k): _count(v) for k, v in tables.items()},
    )


def _file(entry: dict[str, Any]) -> FileContract:
    size = _count(entry["size_bytes"])
    samples = {int(offset): _sha256(value) for offset, value in entry["samples"].items()}
    if any(not 0 <= offset < size for offset in samples):
        raise ValueError("a sample lies outside its file")
    return FileContract(size_bytes=size, sha256=_sha256(entry["sha256"]), samples=samples)


def _file_document(contract: FileContract) -> dict[str, Any]:
    samples = {str(offset): digest for offset, digest in contract.samples.items()}
    return {"size_bytes": contract.size_bytes, "sha256": contract.sha256, "samples": samples}


def _refuse_twins(entries: object) -> None:
    names = [entry["name"] for entry in _entries(entries)]
    if len(set(names)) != len(names):
        raise ValueError("a database is in it twice")


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"{value!r} is not a text")
    return value


def _source(value: object) -> str:
    return "" if value is None else _text(value)


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"{value!r} is not a count")
    return value


def _sha256(value: object) -> str:
    text = _text(value)
    if len(text) != SHA256_DIGITS or set(text) - set("0123456789abcdef"):
        raise ValueError(f"{text!r} is not a SHA-256")
    return text


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError("the time has no time zone")
    return moment.astimezone(UTC)
