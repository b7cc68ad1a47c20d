"""The agent's own records, read as a stranger's: what cannot be used is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast, get_args

from ladybug_agent.status import Outcome
from ladybug_agent.timeline.model import (
    AGAIN,
    FIRST_ANSWER,
    REGISTERED,
    Milestone,
    Span,
    SpanStatus,
)
from ladybug_agent.timeline.wall_clock import Anchor, epoch_s, plausible

MIB = 2**20
MOST_STEPS = 60
OUTCOMES = frozenset(get_args(Outcome))
LANES = {
    "find_volume": "data",
    "await_device": "data",
    "mount": "data",
    "verify_snapshot": "data",
    "prepare_empty": "data",
    "pull_image": "image",
}
"""What runs side by side in the boot; all other steps stand alone."""
NOTES = {"find_volume": "volume_id", "await_device": "filesystem", "mount": "mount_point"}
SIZES = {"pull_image": "downloaded_bytes", "verify_snapshot": "size_bytes"}
MARKED = {"await_healthy": FIRST_ANSWER, "register": REGISTERED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    name: str
    started_s: float
    """Seconds since the run began."""
    duration_s: float | None
    status: SpanStatus
    code: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of `bootstrap`, or of `refresh`."""

    began: Anchor
    ended: Anchor | None
    outcome: str
    steps: tuple[Step, ...]
    total_s: float | None
    code: str
    hint: str
    agent_version: str
    instance_id: str

    @property
    def ended_s(self) -> float | None:
        return None if self.total_s is None else self.began.boottime_s + self.total_s

    @property
    def anchors(self) -> list[Anchor]:
        return [self.began, self.ended] if self.ended else [self.began]

    @property
    def failed_step(self) -> Step | None:
        return next((step for step in self.steps if step.status == "failed"), None)


def run_of(record: object) -> Run | None:
    """Return the run that a record tells of; None if it is none that can be put on the clock."""
    if not isinstance(record, Mapping):
        return None
    boottime_s = plausible(record.get("started_boottime_s"))
    wall_s = epoch_s(record.get("started_at"))
    if boottime_s is None or wall_s is None:
        return None
    steps = record.get("steps")
    total_s, ended_s = plausible(record.get("total_s")), epoch_s(record.get("finished_at"))
    return Run(
        began=Anchor(boottime_s, wall_s),
        ended=None if total_s is None or ended_s is None else Anchor(boottime_s + total_s, ended_s),
        outcome=known_outcome(record.get("outcome")),
        steps=tuple(_steps(steps if isinstance(steps, list) else [])),
        total_s=total_s,
        code=_text(record, "code"),
        hint=_text(record, "hint"),
        agent_version=_text(record, "agent_version"),
        instance_id=_text(record, "instance_id"),
    )


def known_outcome(value: object) -> str:
    """Return an outcome that a record can have, or that it is of no known kind."""
    return value if isinstance(value, str) and value in OUTCOMES else "unknown"


def main_run(runs: Sequence[Run]) -> Run | None:
    """Return the run that made the replica what it is: the last, unless one before it had.

    Of those that registered one after the other, the first: the others found all in place.
    """
    main = runs[-1] if runs else None
    for run in reversed(runs):
        if run.outcome != REGISTERED:
            break
        main = run
    return main


def step_spans(run: Run) -> Iterator[Span]:
    for step in run.steps:
        started = run.began.boottime_s + step.started_s
        ended = None if step.duration_s is None else started + step.duration_s
        # A run that ended ended its steps, whoever wrote of it last.
        is_left = step.status == "running" and run.outcome != "running"
        yield Span(
            name=step.name,
            source="agent",
            started_s=round(started, 3),
            ended_s=None if ended is None else round(ended, 3),
            status="unknown" if is_left else step.status,
            code=step.code,
            note=step.note,
            lane=LANES.get(step.name, ""),
        )


def milestones(run: Run) -> Iterator[Milestone]:
    for step in run.steps:
        if step.status == "done" and step.duration_s is not None and step.name in MARKED:
            at_s = run.began.boottime_s + step.started_s + step.duration_s
            yield Milestone(name=MARKED[step.name], at_s=round(at_s, 3))


def whole_span(run: Run, name: str) -> Span:
    """Return a run as one span, where its steps are not of interest."""
    has_failed = run.outcome in {"failed", "interrupted"}
    return Span(
        name=name,
        source="agent",
        started_s=run.began.boottime_s,
        ended_s=run.ended_s,
        status="failed" if has_failed else "running" if run.outcome == "running" else "done",
        code=run.code or ("interrupted" if run.outcome == "interrupted" else ""),
        lane=AGAIN,
    )


def _steps(told: Sequence[object]) -> Iterator[Step]:
    for one in told[:MOST_STEPS]:
        started = plausible(one.get("started_s")) if isinstance(one, Mapping) else None
        if not isinstance(one, Mapping) or started is None:
            continue
        facts = one.get("facts")
        facts = facts if isinstance(facts, Mapping) else {}
        status = one.get("status")
        yield Step(
            name=_text(one, "name") or "?",
            started_s=started,
            duration_s=plausible(one.get("duration_s")),
            status=cast("SpanStatus", status) if status in get_args(SpanStatus) else "unknown",
            code=_text(facts, "code"),
            note=_note(_text(one, "name"), facts),
        )


def _note(name: str, facts: Mapping[str, object]) -> str:
    size = plausible(facts.get(SIZES.get(name, "")), 1e18)
    if size:
        return f"{size / MIB:.1f} MiB"
    return _text(facts, NOTES.get(name, ""))


def _text(told: Mapping[str, object], name: str) -> str:
    value = told.get(name)
    return value[:300] if isinstance(value, str) else ""
