"""What the userdata stub leaves in its log: a line says what has been done by then.

`<UTC time> <event> [words]`, such as `2026-02-06T12:00:09Z fetched 12 MB`. `started` begins a run;
each later event ends a piece of it; `failed <reason>` ends the run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ladybug_agent.timeline.model import Span
from ladybug_agent.timeline.wall_clock import WallClock, epoch_s

LINE = re.compile(r"(\S{19,35}) ([a-z][a-z0-9_-]{0,40})(?: (.*))?")
STARTED, FAILED = "started", "failed"


def stub_spans(lines: Sequence[str], wall: WallClock) -> Iterator[Span]:
    """Yield the pieces of the stub's runs in this boot; earlier boots' runs are left out."""
    since: float | None = None
    for line in lines:
        found = LINE.fullmatch(line)
        if not found:
            continue
        written, event, words = found.groups()
        written_s = epoch_s(written)
        at_s = wall.boottime_s(written_s) if written_s is not None else None
        if at_s is None or at_s < 0:
            continue
        if event != STARTED and since is not None:
            yield Span(
                name=event,
                source="stub",
                started_s=since,
                ended_s=max(since, at_s),
                status="failed" if event == FAILED else "done",
                note=words or "",
            )
        since = at_s
