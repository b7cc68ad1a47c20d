"""How far the loading of the volume is: written for `status`, the health check and people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import structlog

from ladybug_agent.files import write_atomically
from ladybug_agent.resources.hydration.maps import FoundMap

log = structlog.get_logger(__name__)

SCHEMA = "ladybug.hydration/1"
MIB = 2**20
MOST = 1e18
NUMBERS = ("pct", "done_bytes", "total_bytes", "rate", "fetch_rate", "hot_blocks")
MAYBE_NUMBERS = ("eta_s", "first_touch_p50_ms", "first_touch_p99_ms")

HydrationState = Literal["off", "hydrating", "warm", "complete", "not_needed", "stopped", "failed"]
"""`hydrating`: the hot part is not all there yet, or the background reads. `warm`: the hot part is
there, nobody reads the rest. `not_needed`: the volume is not in S3, or EC2 loads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapReport:
    """What came of the map of one database."""

    database: str
    state: str
    detail: str = ""
    recordings: int = 0
    pages: int = 0
    hit_rate: float | None = None
    """Of the blocks with pages in memory, how many the map had; None until it is known."""

    @classmethod
    def of(cls, found: FoundMap) -> MapReport:
        return cls(
            database=found.database,
            state=found.state,
            detail=found.detail,
            recordings=found.hot.recordings if found.hot else 0,
            pages=found.hot.pages if found.hot else 0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HydrationReport:
    """All of it; public API under `SCHEMA`. Rates are bytes a second, times seconds or UTC."""

    state: HydrationState
    updated_at: str
    volume_id: str = ""
    reason: str = ""
    """Why it is not needed, was stopped or failed."""
    below_gate: bool = False
    """The replica was registered before all was there that `hydration.gate` asks for, and it still
    is not: what makes it degraded."""
    pct: float = 0.0
    done_bytes: int = 0
    total_bytes: int = 0
    rate: float = 0.0
    eta_s: float | None = None
    fetch_rate: float = 0.0
    """What the volume fetched from S3 when it was asked at full depth; 0 where nobody has seen."""
    yields: bool = False
    """Queries read from the volume, and the background has halved its rate for them."""
    first_touch_p50_ms: float | None = None
    first_touch_p99_ms: float | None = None
    hot_blocks: int = 0
    maps: tuple[MapReport, ...] = field(default_factory=tuple)

    def document(self) -> dict[str, Any]:
        return {"schema": SCHEMA, **asdict(self)}


def report_path(state_dir: Path) -> Path:
    return state_dir / "hydration.json"


def save_report(path: Path, report: HydrationReport) -> None:
    """Write the report; that it cannot be written must not end what it tells of."""
    try:
        write_atomically(path, json.dumps(report.document(), indent=1) + "\n")
    except OSError as error:
        log.warning("hydration_report_not_written", path=str(path), error=str(error))


def read_report(path: Path) -> HydrationReport | None:
    """Return the report as written, or None if there is none, or none that can be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.pop("schema") != SCHEMA:
            return None
        maps = tuple(MapReport(**told) for told in document.pop("maps"))
        report = HydrationReport(**document, maps=maps)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return report if _is_sound(report) else None


def _is_sound(report: HydrationReport) -> bool:
    """Whether what must be a number is one that can be: people are shown them rounded."""
    told = [getattr(report, name) for name in NUMBERS]
    told += [one for told_map in report.maps for one in (told_map.recordings, told_map.pages)]
    maybe = [getattr(report, name) for name in MAYBE_NUMBERS]
    maybe += [told_map.hit_rate for told_map in report.maps]
    told += [one for one in maybe if one is not None]
    has_both = (report.first_touch_p50_ms is None) == (report.first_touch_p99_ms is None)
    return has_both and all(isinstance(one, int | float) and 0 <= one < MOST for one in told)


def report_lines(report: HydrationReport) -> Iterator[str]:
    """Yield the report for people: how far it is, then what came of each map."""
    why = f" ({report.reason})" if report.reason else ""
    rate = f", {report.rate / MIB:.0f} MiB/s" if report.rate else ""
    left = f", {report.eta_s:.0f} s left" if report.eta_s else ""
    yield f"hydration {report.state}{why}: {report.pct:g} %{rate}{left}"
    if report.first_touch_p50_ms is not None:
        yield (
            f"  a read takes {report.first_touch_p50_ms:g} ms, {report.first_touch_p99_ms:g} ms at"
            " the 99th percentile"
        )
    for told in report.maps:
        share = "" if told.hit_rate is None else f", had {told.hit_rate:.0%} of what was touched"
        detail = f" ({told.detail})" if told.detail else ""
        known = f", {told.recordings} recordings, {told.pages} pages" if told.pages else ""
        yield f"  map of {told.database}: {told.state}{detail}{known}{share}"


def was_below_gate(path: Path, volume_id: str) -> bool:
    """Return whether the replica was registered without all that the gate asks for."""
    report = read_report(path)
    return report is not None and report.volume_id == volume_id and report.below_gate is True


def known_fetch_rate(path: Path, volume_id: str) -> float:
    """Return how fast the volume fetched when the boot asked at full depth; 0 if nobody knows."""
    report = read_report(path)
    if report is None or report.volume_id != volume_id:
        return 0.0
    return float(report.fetch_rate)


def utc(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 1)
