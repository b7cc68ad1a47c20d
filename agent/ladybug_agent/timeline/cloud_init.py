"""What cloud-init says of its stages, in `status.json` and in its log (22.2 to 25)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ladybug_agent.timeline.model import Span, SpanStatus
from ladybug_agent.timeline.wall_clock import Anchor, WallClock, epoch_s, plausible
from ladybug_agent.timeline.written import read_status

STAGES = {
    "init-local": "init-local",
    "init": "init-network",
    "modules-config": "modules-config",
    "modules-final": "modules-final",
}
"""Keys of `v1`, in order, and what people call them."""
MOST_CHARS = 240
LONGEST_UPTIME_S = 1e8
"""Until 24 the times were seconds since the epoch, since then seconds since the kernel started."""
LINE = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)[,.](\d{3}) - (.*)", re.ASCII)
UP = re.compile(r" Up (\d{1,9}(?:\.\d{1,6})?) seconds", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    name: str
    start: float | None
    end: float | None
    """Seconds: since the epoch, or since the kernel started."""
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """What it calls recoverable errors, since 23.4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudInitStatus:
    stages: tuple[Stage, ...]
    running: str = ""
    """The stage that runs now; empty if none does."""

    @property
    def has_ended(self) -> bool:
        last = self.stages[-1] if self.stages else None
        return last is not None and last.name == "modules-final" and last.end is not None


def read_cloud_init(path: Path) -> CloudInitStatus | None:
    """Return what cloud-init says of this boot, or None if it has not run.

    Raises OSError, and ValueError for what is no such file.
    """
    try:
        return cloud_init_status(read_status(path))
    except FileNotFoundError:
        return None


def cloud_init_status(document: object) -> CloudInitStatus:
    """Return the stages in a document. Raises ValueError if it is none of cloud-init's."""
    told = document.get("v1") if isinstance(document, dict) else None
    if not isinstance(told, dict):
        message = "no `v1` in it"
        raise ValueError(message)  # noqa: TRY004 - a file that is not what it should be
    found = ((name, told.get(key)) for key, name in STAGES.items())
    stages = (_stage(name, one) for name, one in found if isinstance(one, dict))
    running = told.get("stage")
    return CloudInitStatus(
        stages=tuple(one for one in stages if one.start is not None),
        running=STAGES.get(running, "") if isinstance(running, str) else "",
    )


def _stage(name: str, told: dict[str, object]) -> Stage:
    recoverable = told.get("recoverable_errors")
    groups = recoverable.values() if isinstance(recoverable, dict) else ()
    return Stage(
        name=name,
        start=plausible(told.get("start")) or None,
        end=plausible(told.get("finished")) or None,
        errors=tuple(_texts(told.get("errors"))),
        warnings=tuple(text for group in groups for text in _texts(group)),
    )


def _texts(value: object) -> Iterator[str]:
    for one in value if isinstance(value, list) else ():
        yield str(one)[:MOST_CHARS]


def log_anchors(lines: Sequence[str]) -> Iterator[Anchor]:
    """Yield an anchor for each line that says how long the machine is up."""
    for line in lines:
        written_s, words = _written(line)
        if written_s is not None and (up := UP.search(words)):
            yield Anchor(float(up[1]), written_s)


def stage_spans(status: CloudInitStatus, wall: WallClock) -> Iterator[Span]:
    for stage in status.stages:
        start = _placed(stage.start, wall)
        end = _placed(stage.end, wall)
        if start is None:
            continue
        is_running = stage.name == status.running
        open_or_not: SpanStatus = "running" if is_running else "unknown"
        yield Span(
            name=stage.name,
            source="cloud-init",
            started_s=start,
            ended_s=max(start, end) if end is not None else None,
            status=open_or_not if end is None else "failed" if stage.errors else "done",
            note=f"{len(stage.errors)} errors" if stage.errors else "",
        )


def user_script_spans(lines: Sequence[str], wall: WallClock) -> Iterator[Span]:
    """Yield how long the scripts in user data took, if any ran in this boot."""
    start = None
    for line in lines:
        written_s, words = _written(line)
        at_s = wall.boottime_s(written_s) if written_s is not None else None
        if at_s is None or "config-scripts" not in words:
            continue
        if "start: " in words:
            start = at_s
        elif start is not None:
            is_bad = "FAIL" in words
            yield Span(
                name="user data",
                source="cloud-init",
                started_s=start,
                ended_s=max(start, at_s),
                status="failed" if is_bad else "done",
            )
            start = None


def _placed(told: float | None, wall: WallClock) -> float | None:
    if told is None or told < LONGEST_UPTIME_S:
        return told
    return wall.boottime_s(told)


def _written(line: str) -> tuple[float | None, str]:
    """Return when a line of the log was written (cloud-init logs in UTC), and its words."""
    if not (found := LINE.fullmatch(line)):
        return None, ""
    day, time, fraction, words = found.groups()
    return epoch_s(f"{day}T{time}.{fraction}"), words
