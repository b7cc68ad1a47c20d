"""The story of one drain as it is written down (`drain.json`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import structlog

from ladybug_agent.clock import Clock, iso_utc
from ladybug_agent.drain.phase import SCHEMA, Phase
from ladybug_agent.errors import AgentError, error_chain, reason
from ladybug_agent.files import write_atomically
from ladybug_agent.model.lifecycle import Trigger

log = structlog.get_logger(__name__)

Result = Literal["", "drained", "already-drained", "incomplete", "undone", "not-needed"]
Verdict = Literal["running", "done", "skipped", "failed"]


@dataclass(slots=True)
class DrainStep:
    name: str
    verdict: Verdict = "running"
    detail: str = ""
    duration_s: float = 0.0
    error: list[str] = field(default_factory=list)

    def fail(self, error: AgentError) -> None:
        """Keep what went wrong; the drain goes on without this step."""
        why = reason(error) or error
        self.verdict, self.detail, self.error = "failed", why.code, error_chain(error)


@dataclass(slots=True)
class DrainRecord:
    """The story of one drain, written anew, atomically, at every change."""

    path: Path
    clock: Clock
    boot_id: str
    trigger: Trigger
    phase: Phase = "draining"
    result: Result = ""
    steps: list[DrainStep] = field(default_factory=list)
    started_at: str = ""
    total_s: float = 0.0
    began: float = 0.0

    def __post_init__(self) -> None:
        self.began = self.clock.monotonic()
        self.started_at = iso_utc(self.clock.utcnow())

    @contextmanager
    def step(self, name: str) -> Iterator[DrainStep]:
        """Time a piece of work, keep how it ended, and say so in the log."""
        step, began = DrainStep(name), self.clock.monotonic()
        self.steps.append(step)
        self.save()
        try:
            yield step
        except BaseException:  # noted, and raised again
            step.verdict = "failed"
            raise
        finally:
            if step.verdict == "running":
                step.verdict = "done"
            step.duration_s = round(self.clock.monotonic() - began, 3)
            write = log.warning if step.verdict == "failed" else log.info
            write(
                "drain_step_ended",
                step=step.name,
                verdict=step.verdict,
                detail=step.detail,
                duration_s=step.duration_s,
                **({"error": step.error} if step.error else {}),
            )
            self.save()

    def enter(self, phase: Phase) -> None:
        self.phase = phase
        self.save()

    def finish(self, phase: Phase, result: Result) -> None:
        self.total_s = round(self.clock.monotonic() - self.began, 3)
        self.result = result
        self.enter(phase)
        log.info(
            "drain_finished",
            result=result,
            trigger=self.trigger,
            total_s=self.total_s,
            steps={step.name: step.verdict for step in self.steps},
        )

    def failed(self, name: str) -> bool:
        return any(step.name == name and step.verdict == "failed" for step in self.steps)

    def document(self) -> dict[str, Any]:
        """Return the JSON form; public API."""
        return {
            "schema": SCHEMA,
            "result": self.result,
            "trigger": self.trigger,
            "phase": self.phase,
            "boot_id": self.boot_id,
            "started_at": self.started_at,
            "total_s": self.total_s,
            "steps": [asdict(step) for step in self.steps],
        }

    def save(self) -> None:
        """Write the record; that it cannot be written must not keep a replica from leaving."""
        try:
            write_atomically(self.path, json.dumps(self.document(), indent=1) + "\n")
        except OSError as error:
            log.warning("record_not_written", path=str(self.path), error=str(error))
