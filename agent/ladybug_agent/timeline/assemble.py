"""From what each source says to one timeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from ladybug_agent.model.units import ManagerFacts, UnitFacts
from ladybug_agent.timeline.cloud_init import (
    CloudInitStatus,
    log_anchors,
    stage_spans,
    user_script_spans,
)
from ladybug_agent.timeline.model import Milestone, Span, Timeline
from ladybug_agent.timeline.runs import (
    Run,
    main_run,
    milestones,
    step_spans,
    whole_span,
)
from ladybug_agent.timeline.stub import stub_spans
from ladybug_agent.timeline.unit_spans import (
    anchors,
    load_span,
    manager_milestones,
    manager_spans,
    unit_spans,
)
from ladybug_agent.timeline.wall_clock import Anchor, WallClock

REFRESH = "refresh"
SLEPT_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """All that is known of one boot; what is missing is empty, and named in `missing`."""

    boot_id: str
    outcome: str
    runs: tuple[Run, ...] = ()
    """Of `bootstrap`, the oldest first."""
    now: Anchor | None = None
    """None for a boot that is over."""
    slept_s: float = 0.0
    cloud_init: CloudInitStatus | None = None
    cloud_init_log: tuple[str, ...] = ()
    stub: tuple[str, ...] = ()
    manager: ManagerFacts | None = None
    units: Mapping[str, UnitFacts] = field(default_factory=dict)
    refresh: Run | None = None
    other_spans: tuple[Span, ...] = ()
    other_milestones: tuple[Milestone, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def wall(self) -> WallClock:
        known = chain(
            (anchor for run in self.runs for anchor in run.anchors),
            log_anchors(self.cloud_init_log),
            anchors(self.manager, self.units),
            [self.now] if self.now else [],
        )
        return WallClock(known)


def assemble(told: Sources) -> Timeline:
    wall = told.wall
    main = main_run(told.runs)
    last = told.runs[-1] if told.runs else None
    spans = [*_spans(told, wall, main)]
    marks = [*_milestones(told, main)]
    return Timeline(
        boot_id=told.boot_id,
        kernel_started_at=wall.kernel_started_at,
        outcome=told.outcome,
        spans=tuple(sorted(spans, key=lambda one: one.started_s)),
        milestones=tuple(sorted(marks, key=lambda one: one.at_s)),
        agent_version=main.agent_version if main else "",
        instance_id=next((run.instance_id for run in told.runs[::-1] if run.instance_id), ""),
        missing=told.missing,
        remarks=tuple(_remarks(told, wall)),
        code=last.code if last else "",
        hint=last.hint if last else "",
    )


def _spans(told: Sources, wall: WallClock, main: Run | None) -> Iterator[Span]:
    if told.manager:
        yield from manager_spans(told.manager)
    yield from unit_spans(told.units)
    if told.cloud_init:
        yield from stage_spans(told.cloud_init, wall)
    scripts = list(user_script_spans(told.cloud_init_log, wall))
    yield from scripts
    yield from stub_spans(told.stub, wall, scripts[0].started_s if scripts else None)
    for number, run in enumerate(told.runs, 1):
        if run is main:
            yield from load_span(told.units, run)
            yield from step_spans(run)
        else:
            yield whole_span(run, f"bootstrap, run {number}")
    if told.refresh:
        yield whole_span(told.refresh, REFRESH)
    yield from told.other_spans


def _milestones(told: Sources, main: Run | None) -> Iterator[Milestone]:
    if told.manager:
        yield from manager_milestones(told.manager)
    if main:
        yield from milestones(main)
    yield from told.other_milestones


def _remarks(told: Sources, wall: WallClock) -> Iterator[str]:
    for at_s, by_s in wall.steps:
        yield f"the wall clock was set by {by_s:+.1f} s before {at_s:.1f} s"
    if told.slept_s >= SLEPT_S:
        yield f"the machine slept for {told.slept_s:.0f} s, which systemd's clock leaves out"
