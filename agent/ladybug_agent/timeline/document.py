"""The JSON forms; public API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ladybug_agent.timeline.compare import Measure
from ladybug_agent.timeline.model import Timeline
from ladybug_agent.timeline.wording import headline

SCHEMA = "ladybug.timeline/1"
LIST_SCHEMA = "ladybug.boots/1"


def timeline_document(timeline: Timeline, measures: Sequence[Measure] = ()) -> dict[str, Any]:
    """Return a boot; times are seconds since the kernel started."""
    failed = timeline.failed_at
    return {
        "schema": SCHEMA,
        **asdict(timeline),
        "kernel_started_at": timeline.kernel_started_at.isoformat(timespec="milliseconds"),
        "registered_s": timeline.registered_s,
        "failed_step": failed.name if failed else None,
        "comparison": [_measure(one) for one in measures],
    }


def list_document(boots: Sequence[Timeline]) -> dict[str, Any]:
    return {"schema": LIST_SCHEMA, "boots": [_line(-at, one) for at, one in enumerate(boots)]}


def _line(number: int, timeline: Timeline) -> Mapping[str, Any]:
    failed = timeline.failed_at
    return {
        "number": number,
        "boot_id": timeline.boot_id,
        "kernel_started_at": timeline.kernel_started_at.isoformat(timespec="milliseconds"),
        "agent_version": timeline.agent_version,
        "outcome": timeline.outcome,
        "registered_s": timeline.registered_s,
        "failed_step": failed.name if failed else None,
        "code": timeline.code,
        "told": headline(timeline),
    }


def _measure(one: Measure) -> dict[str, Any]:
    return {**asdict(one), "more_s": round(one.more_s, 3), "is_slower": one.is_slower}
