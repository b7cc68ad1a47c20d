"""The last boots, kept on the root disk: what `timeline` compares, and what a reboot would lose.

The boot writes it at its beginning, when a step begins and at its end, so that one that is killed,
or cut off with the machine, leaves how far it had come. That it cannot be written fails no boot.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog

from ladybug_agent.files import write_atomically
from ladybug_agent.model.boot_files import BootFiles
from ladybug_agent.record import BootRecord, StepRecord
from ladybug_agent.timeline.written import read_around

log = structlog.get_logger(__name__)

SCHEMA = "ladybug.boot/1"
KEPT_BOOTS = 20
MOST_RUNS = 5
"""Of one boot: the first, the one that registered, and the last ones."""
MOST_BYTES = 256 * 1024
MOST_CHARS = 500
HEADER = (
    "agent_version",
    "started_at",
    "started_boottime_s",
    "finished_at",
    "total_s",
    "outcome",
    "code",
    "message",
    "hint",
    "instance_id",
)
STEP = ("name", "started_s", "status", "duration_s")
FACTS = ("code", "volume_id", "filesystem", "mount_point", "downloaded_bytes", "size_bytes")


class BootHistory:
    """Keeps one run of the boot. Safe for the boot's threads."""

    def __init__(self, directory: Path, boot_id: str, *, is_wanted: bool = True) -> None:
        self._directory = directory
        self._boot_id = boot_id
        self._lock = threading.Lock()
        self._record: BootRecord | None = None
        self.is_usable = is_wanted
        found = runs_in(read_kept(directory, boot_id)) if is_wanted else []
        self._earlier = [ended_before(run) for run in found]

    def begin(self, record: BootRecord) -> None:
        self._record = record
        self._keep({})

    def on_step(self, step: StepRecord) -> None:
        """Keep how far the boot has come; an observer of the record."""
        if step.status == "running":
            self._keep({})

    def end(self, around: Mapping[str, Any]) -> None:
        """Keep how the boot went, and forget boots of long ago."""
        self._keep(around)
        try:
            _prune(self._directory)
        except OSError as error:
            log.debug("boots_not_pruned", path=str(self._directory), error=str(error))

    def _keep(self, around: Mapping[str, Any]) -> None:
        if self._record is None or not self.is_usable:
            return
        runs = [*self._earlier, trimmed(self._record.document())]
        document = {
            "schema": SCHEMA,
            "boot_id": self._boot_id,
            "runs": chosen(runs),
            "around": dict(around),
        }
        text = json.dumps(document, default=str)
        with self._lock:
            try:
                write_atomically(_path(self._directory, self._boot_id), text + "\n")
            except OSError as error:
                self.is_usable = False
                log.warning("boot_not_kept", path=str(self._directory), error=str(error))


@contextmanager
def kept_boot(directory: str, boot_id: str) -> Iterator[BootHistory]:
    """Keep a run of the boot to its end, however it ends; nothing if there is no directory."""
    history = BootHistory(Path(directory), boot_id, is_wanted=bool(directory))
    try:
        yield history
    finally:
        if history.is_usable:
            history.end(read_around(BootFiles()))


def read_kept(directory: Path, boot_id: str) -> Mapping[str, Any]:
    """Return what is kept of a boot; empty if nothing is, or nothing that can be read."""
    return _read(_path(directory, boot_id))


def kept_documents(directory: Path) -> Iterator[Mapping[str, Any]]:
    """Yield what is kept of all boots, the latest first. Raises OSError."""
    return (found for path in _newest_first(directory) if (found := _read(path)))


def runs_in(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the records of `bootstrap`, the oldest first; as strange as any file."""
    runs = document.get("runs")
    return [run for run in runs if isinstance(run, dict)] if isinstance(runs, list) else []


def trimmed(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record without what is long or of no use for a comparison."""
    kept = {name: _short(record[name]) for name in HEADER if name in record}
    return {**kept, "steps": [_step(step) for step in record["steps"]]}


def chosen(runs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the runs that are kept of a boot with many."""
    if len(runs) <= MOST_RUNS:
        return list(runs)
    registered = (number for number, run in enumerate(runs) if run.get("outcome") == "registered")
    first = {0, next(registered, 0)}
    last = range(len(runs) - MOST_RUNS + len(first), len(runs))
    return [runs[number] for number in sorted(first | set(last))]


def ended_before(run: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the run of a process that is no more; one that never said its end was interrupted."""
    return {**run, "outcome": "interrupted"} if run.get("outcome") == "running" else run


def _step(step: Mapping[str, Any]) -> dict[str, Any]:
    facts = {name: _short(step["facts"][name]) for name in FACTS if name in step["facts"]}
    return {**{name: step[name] for name in STEP}, "facts": facts}


def _short(value: object) -> object:
    return value[:MOST_CHARS] if isinstance(value, str) else value


def _path(directory: Path, boot_id: str) -> Path:
    name = "".join(one for one in boot_id if one.isalnum() or one == "-")
    return directory / f"{name or 'unknown'}.json"


def _read(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    is_ours = isinstance(document, dict) and document.get("schema") == SCHEMA
    return document if is_ours else {}


def _newest_first(directory: Path) -> list[Path]:
    # By the time of the last write, because a boot id says nothing of when.
    found = [(path.stat().st_mtime, path) for path in directory.glob("*.json")]
    return [path for _, path in sorted(found, reverse=True)]


def _prune(directory: Path) -> None:
    for path in _newest_first(directory)[KEPT_BOOTS:]:
        path.unlink(missing_ok=True)
