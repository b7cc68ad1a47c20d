"""The archive: the same files give the same names, times and owners."""

from __future__ import annotations

import gzip
import json
import os
import platform
import re
import tarfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from ladybug_agent import __version__
from ladybug_agent.clock import iso_utc
from ladybug_agent.diagnose.bundle.collect import Entry, Limits
from ladybug_agent.redaction.redactor import Redactor

SCHEMA = "ladybug.bundle/1"
MANIFEST = "manifest.json"
UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")
FILE_MODE = 0o600


def bundle_name(instance: str, taken_at: datetime) -> str:
    """Return the name without its ending: `ladybug-i-0abc-20261128T180000Z`."""
    who = UNSAFE.sub("-", instance).strip("-.")[:64] or "unknown"
    return f"ladybug-{who}-{taken_at:%Y%m%dT%H%M%SZ}"


def manifest(
    instance: str, taken_at: datetime, entries: Sequence[Entry], limits: Limits
) -> dict[str, object]:
    """Return the document that says what was collected, and what was not and why."""
    failed = [entry.name for entry in entries if entry.outcome in {"failed", "left out"}]
    return {
        "schema": SCHEMA,
        "taken_at": iso_utc(taken_at),
        "instance_id": instance,
        "versions": {
            "ladybug-agent": __version__,
            "python": platform.python_version(),
            "kernel": os.uname().release,
            "architecture": os.uname().machine,
        },
        "limits": asdict(limits),
        "bytes": sum(entry.bytes for entry in entries),
        "redactions": sum(entry.redactions for entry in entries),
        "failed": failed,
        "files": [asdict(entry) for entry in entries],
    }


def write_manifest(document: dict[str, object], room: Path) -> None:
    told = Redactor().document(document)
    (room / MANIFEST).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def pack(room: Path, out: Path, name: str, taken_at: datetime) -> None:
    """Pack all that is in `room`, the manifest first. Raises OSError."""
    files = sorted(path for path in room.rglob("*") if path.is_file())
    files.sort(key=lambda path: path.name != MANIFEST)
    moment = int(taken_at.timestamp())
    with (
        out.open("xb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=moment) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        os.fchmod(raw.fileno(), FILE_MODE)
        for path in files:
            facts = tarfile.TarInfo(f"{name}/{path.relative_to(room).as_posix()}")
            facts.size, facts.mtime, facts.mode = path.stat().st_size, moment, FILE_MODE
            with path.open("rb") as file:
                archive.addfile(facts, file)
