"""The last boots, kept on the root disk: what `timeline` compares, and what a reboot would lose.

The boot writes it at its beginning, when a step begins (to a file beside it) and at its end, so
that one that is killed, or cut off with the machine, leaves how far it had come. That it cannot be
written fails no boot.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import structlog

from ladybug_agent.files import write_atomically
from ladybug_agent.kept_files import (
    SCHEMA,
    ended_before,
    kept_path,
    progress_path,
    prune,
    read_kept,
    runs_in,
)
from ladybug_agent.model.boot_files import BootFiles
from ladybug_agent.record import BootRecord, StepRecord
from ladybug_agent.timeline.written import read_around

log = structlog.get_logger(__name__)

MOST_RUNS = 5
"""Of one boot: the first, the one that registered, and the last ones."""
MOST_CHARS = 500
PROGRESS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
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
        self._file = kept_path(directory, boot_id)
        self._progress: int | None = None
        self._lock = threading.Lock()
        self._record: BootRecord | None = None
        self.is_usable = is_wanted
        found = read_kept(directory, boot_id) if is_wanted else {}
        self._earlier = [ended_before(run) for run in runs_in(found)]
        self._around = found.get("around", {})

    def begin(self, record: BootRecord) -> None:
        self._record = record
        self._keep()
        if not self.is_usable:
            return
        try:
            self._progress = os.open(progress_path(self._file), PROGRESS, 0o644)
        except OSError as error:
            log.warning("boot_not_kept", path=str(self._directory), error=str(error))

    def on_step(self, step: StepRecord) -> None:
        """Keep how far the boot has come; an observer of the record.

        A line at the end of a file, because a file that is replaced costs a millisecond each time.
        """
        if step.status != "running" or self._record is None:
            return
        with self._lock:  # the record is read within it, or an older one could come last
            if self._progress is not None:
                line = json.dumps(trimmed(self._record.document()), default=str) + "\n"
                with suppress(OSError):  # the end is written all the same
                    os.write(self._progress, line.encode())

    def end(self, around: Mapping[str, Any]) -> None:
        """Keep how the boot went, and forget boots of long ago."""
        self._around = dict(around)
        self._keep()
        try:
            self._forget_progress()
            prune(self._directory)
        except OSError as error:
            log.debug("boots_not_pruned", path=str(self._directory), error=str(error))

    def _keep(self) -> None:
        if self._record is None or not self.is_usable:
            return
        runs = [*self._earlier, trimmed(self._record.document())]
        document = {
            "schema": SCHEMA,
            "boot_id": self._boot_id,
            "runs": chosen(runs),
            "around": self._around,
        }
        try:
            write_atomically(self._file, json.dumps(document, default=str) + "\n")
        except OSError as error:
            self.is_usable = False
            log.warning("boot_not_kept", path=str(self._directory), error=str(error))

    def _forget_progress(self) -> None:
        with self._lock:
            if self._progress is not None:
                os.close(self._progress)
                self._progress = None
        if self.is_usable:  # otherwise it is all that there is
            progress_path(self._file).unlink(missing_ok=True)


@contextmanager
def kept_boot(directory: str, boot_id: str) -> Iterator[BootHistory]:
    """Keep a run of the boot to its end, however it ends; nothing if there is no directory."""
    history = BootHistory(Path(directory), boot_id, is_wanted=bool(directory))
    try:
        yield history
    finally:
        history.end(read_around(BootFiles()) if history.is_usable else {})


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


def _step(step: Mapping[str, Any]) -> dict[str, Any]:
    facts = {name: _short(step["facts"][name]) for name in FACTS if name in step["facts"]}
    return {**{name: step[name] for name in STEP}, "facts": facts}


def _short(value: object) -> object:
    return value[:MOST_CHARS] if isinstance(value, str) else value
