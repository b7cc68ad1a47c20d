"""What the userdata stub leaves in its log: a line says what has been done by then.

`<UTC time> ladybug-agent stub: <words>`. `started` begins a run; each later line ends a piece of
it, and `failed: <reason>` all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ladybug_agent.timeline.model import Span
from ladybug_agent.timeline.wall_clock import WallClock, epoch_s

LINE = re.compile(r"(\S{19,35}) ladybug-agent stub: (.+)")
STARTED, FAILED, INSTALLED = "started", "failed", "installed"
LONGEST_S = 1800.0
"""A line that comes later than that after the one before it is of another run."""


def stub_spans(
    lines: Sequence[str], wall: WallClock, since_s: float | None = None
) -> Iterator[Span]:
    """Yield the pieces of the stub's runs in this boot; earlier boots' runs are left out.

    `since_s` is when user data began to run, for a stub that does not say when it began.
    """
    for line in lines:
        found = LINE.fullmatch(line)
        written_s = epoch_s(found[1]) if found else None
        at_s = wall.boottime_s(written_s) if written_s is not None else None
        if found is None or at_s is None or at_s < 0:
            continue
        if found[2] != STARTED:
            is_next = since_s is not None and 0 <= at_s - since_s < LONGEST_S
            yield _piece(found[2], since_s if since_s is not None and is_next else at_s, at_s)
        since_s = at_s


def _piece(words: str, start_s: float, end_s: float) -> Span:
    has_failed = words.startswith(FAILED)
    first = words.partition(" ")[0] or "?"
    name = FAILED if has_failed else INSTALLED if "is installed" in words else first
    return Span(
        name=name,
        source="stub",
        started_s=start_s,
        ended_s=end_s,
        status="failed" if has_failed else "done",
        note=words.removeprefix(name).lstrip(": "),
    )
