"""What `hydrate` prints for people: the plan, the recordings, a bar that moves."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from ladybug_agent.hydrate.planning import RATES_MB_S, Planned
from ladybug_agent.hydrate.recorder import Recording
from ladybug_agent.hydrate.report import HydrationReport

MIB = 2**20
BAR = 30
RECORD_SCHEMA = "ladybug.hydrate-record/1"


def plan_lines(planned: Planned) -> Iterator[str]:
    yield f"volume {planned.volume_id}"
    for found in planned.maps:
        known = f"{found.hot.recordings} recordings, {found.hot.pages} pages" if found.hot else ""
        detail = ", ".join(part for part in (known, found.detail) if part)
        yield f"  map of {found.database}: {found.state}{f' ({detail})' if detail else ''}"
    rates = "".join(f"{f'{rate} MB/s':>11}" for rate in RATES_MB_S)
    yield f"  {'stage':<7}{'reads':>8}{'MiB':>10}{'blocks':>9}{rates}"
    for stage in planned.stages:
        times = "".join(f"{_seconds(stage.seconds_at(rate)):>11}" for rate in RATES_MB_S)
        yield (
            f"  {stage.name:<7}{stage.reads:>8}{stage.bytes / MIB:>10.1f}{stage.blocks:>9}{times}"
        )
    if planned.read_before:
        yield f"  {planned.read_before} blocks of the rest have been read already"


def recording_lines(recordings: Sequence[Recording]) -> Iterator[str]:
    for made in recordings:
        share = made.hit_rate
        rate = "" if share is None else f"; the map before had {share:.0%} of what is in memory"
        yield f"{made.database}: {made.recorded.pages} pages recorded{rate}"
        if made.stored:
            yield f"  its map: {made.stored.recordings} recordings, {made.stored.pages} pages"


def recording_document(recordings: Sequence[Recording]) -> dict[str, Any]:
    return {
        "schema": RECORD_SCHEMA,
        "databases": [
            {
                "database": made.database,
                "recorded_pages": made.recorded.pages,
                "hit_rate": made.hit_rate,
                "stored_pages": made.stored.pages if made.stored else None,
                "stored_recordings": made.stored.recordings if made.stored else None,
            }
            for made in recordings
        ],
    }


class Bar:
    """A line on a terminal that is written over and over."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr

    def show(self, report: HydrationReport) -> None:
        filled = int(BAR * report.pct / 100)
        eta = f", {_seconds(report.eta_s)} left" if report.eta_s is not None else ""
        line = f"[{'#' * filled}{'.' * (BAR - filled)}] {report.pct:5.1f} %"
        line += f"  {report.rate / MIB:6.1f} MiB/s{eta}"
        self._out.write(f"\r{line:<78}")
        self._out.flush()

    def end(self) -> None:
        self._out.write("\n")


def _seconds(seconds: float) -> str:
    """Return a time for people.

    >>> _seconds(0.25), _seconds(75), _seconds(7300)
    ('0.25 s', '75 s', '122 min')
    """
    if seconds < 10:  # noqa: PLR2004
        return f"{seconds:.2f} s"
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min"  # noqa: PLR2004
