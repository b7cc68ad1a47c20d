"""What the boot did and how long it took: for people, `status` and `diagnose`.

`bootstrap` writes it and never reads it: the world is the state.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from ladybug_agent import __version__
from ladybug_agent.clock import Clock
from ladybug_agent.errors import AgentError, Cancelled, error_chain, reason
from ladybug_agent.files import write_atomically

log = structlog.get_logger(__name__)

SCHEMA = "ladybug.bootstrap/1"


@dataclass(slots=True)
class StepRecord:
    """One step: when it began (seconds since the boot record did), how long, what it found."""

    name: str
    started_s: float
    status: str = "running"
    duration_s: float | None = None
    facts: dict[str, object] = field(default_factory=dict)
    error: list[str] = field(default_factory=list)

    def note(self, **facts: object) -> None:
        """Keep what the step found; the facts of the evidence, not of the way to it."""
        # A new one, because the other branch may be writing the record, and so reading the old.
        self.facts = {**self.facts, **facts}

    def document(self) -> dict[str, Any]:
        """Return it for JSON. Not `asdict`, which copies all facts at each of two dozen writes."""
        return {
            "name": self.name,
            "started_s": self.started_s,
            "status": self.status,
            "duration_s": self.duration_s,
            "facts": self.facts,
            "error": self.error,
        }


Observer = Callable[[StepRecord], None]
"""Called after each start and end of a step has been written."""


class BootRecord:
    """The record of one run, written anew, atomically, at every change. Safe for two threads."""

    def __init__(self, path: Path, clock: Clock, *observers: Observer, **header: object) -> None:
        self._path = path
        self._clock = clock
        self._observers = observers
        self._began = clock.monotonic()
        self._lock = threading.Lock()
        self.steps: list[StepRecord] = []
        self._document: dict[str, Any] = {
            "schema": SCHEMA,
            "agent_version": __version__,
            "pid": os.getpid(),
            "started_at": _iso(clock.utcnow()),
            "started_boottime_s": round(clock.boottime(), 3),
            "outcome": "running",
            **header,
        }
        self._save()

    @contextmanager
    def step(self, name: str) -> Iterator[StepRecord]:
        """Time a piece of work and keep how it ended; the error, if any, goes on its way."""
        began = self._clock.monotonic()
        step = StepRecord(name=name, started_s=round(began - self._began, 3))
        with self._lock:
            self.steps.append(step)
        self._changed(step)
        try:
            yield step
        except BaseException as error:  # noted, and raised again
            step.status = "cancelled" if isinstance(error, Cancelled) else "failed"
            step.error = error_chain(error)
            if isinstance(error, AgentError):
                step.note(code=error.code, **error.facts)
            raise
        else:
            step.status = "done"
        finally:
            step.duration_s = round(self._clock.monotonic() - began, 3)
            self._changed(step)

    def note(self, **facts: object) -> None:
        """Keep something about the whole boot."""
        with self._lock:
            self._document.update(facts)
        self._save()

    def document(self) -> dict[str, Any]:
        """Return the whole record as it is now."""
        with self._lock:
            return self._whole()

    def finish(self, error: BaseException | None) -> dict[str, Any]:
        """Write the end of the story and return the whole record."""
        self._document["finished_at"] = _iso(self._clock.utcnow())
        self._document["total_s"] = round(self._clock.monotonic() - self._began, 3)
        self._document |= _ending(error)
        self._save()
        return self._whole()

    def _changed(self, step: StepRecord) -> None:
        self._save()
        for observer in self._observers:
            observer(step)

    def _whole(self) -> dict[str, Any]:
        return {**self._document, "steps": [step.document() for step in self.steps]}

    def _save(self) -> None:
        """Write the record; that it cannot be written must not fail a boot that succeeds."""
        with self._lock:
            text = json.dumps(self._whole(), indent=1, default=str)
            try:
                write_atomically(self._path, text + "\n")
            except OSError as error:
                log.warning("record_not_written", path=str(self._path), error=str(error))


def read_record(path: Path) -> dict[str, Any] | None:
    """Return the record, or None if there has been no boot yet. Raises ValueError if torn."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if not isinstance(document, dict) or "outcome" not in document:
        message = f"{path} is not a boot record"
        raise ValueError(message)
    return document


def _ending(error: BaseException | None) -> dict[str, object]:
    if error is None:
        return {"outcome": "registered"}
    why = reason(error)
    return {
        "outcome": "cancelled" if isinstance(error, Cancelled) else "failed",
        "code": why.code if why else "internal_error",
        "message": str(why or error),
        "hint": why.hint if why else "",
        "error": error_chain(error),
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
