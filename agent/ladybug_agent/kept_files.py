"""The files in which boots are kept: `<boot id>.json`, and `<boot id>.steps` during the boot."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

SCHEMA = "ladybug.boot/1"
KEPT_BOOTS = 20
MOST_BYTES = 256 * 1024


def read_kept(directory: Path, boot_id: str) -> Mapping[str, Any]:
    """Return what is kept of a boot; empty if nothing is, or nothing that can be read."""
    return _read(kept_path(directory, boot_id))


def kept_documents(directory: Path) -> Iterator[Mapping[str, Any]]:
    """Yield what is kept of all boots, the latest first. Raises OSError."""
    return (found for path in _newest_first(directory) if (found := _read(path)))


def runs_in(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the records of `bootstrap`, the oldest first; as strange as any file."""
    runs = document.get("runs")
    return [run for run in runs if isinstance(run, dict)] if isinstance(runs, list) else []


def ended_before(run: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the run of a process that is no more; one that never said its end was interrupted."""
    return {**run, "outcome": "interrupted"} if run.get("outcome") == "running" else run


def _read(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        return {}
    runs = runs_in(document)
    if runs and runs[-1].get("outcome") == "running" and (newer := _last_line(progress_path(path))):
        return {**document, "runs": [*runs[:-1], newer]}
    return document


def _last_line(path: Path) -> Mapping[str, Any] | None:
    """Return how far the run had come; the last line may be torn."""
    try:
        with path.open("rb") as file:
            lines = file.read(MOST_BYTES).splitlines()
    except OSError:
        return None
    for line in reversed(lines):
        with suppress(ValueError, RecursionError):
            found = json.loads(line)
            if isinstance(found, dict):
                return found
    return None


def kept_path(directory: Path, boot_id: str) -> Path:
    name = "".join(one for one in boot_id if one.isalnum() or one == "-")
    return directory / f"{name or 'unknown'}.json"


def progress_path(path: Path) -> Path:
    return path.with_suffix(".steps")


def _newest_first(directory: Path) -> list[Path]:
    # By the time of the last write, because a boot id says nothing of when.
    found = [(path.stat().st_mtime, path) for path in directory.glob("*.json")]
    return [path for _, path in sorted(found, reverse=True)]


def prune(directory: Path) -> None:
    for path in _newest_first(directory)[KEPT_BOOTS:]:
        path.unlink(missing_ok=True)
        progress_path(path).unlink(missing_ok=True)
