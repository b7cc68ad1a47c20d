"""Keeps the report of a run of `hydrate` current, and tells those who watch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import structlog

from ladybug_agent.clock import Clock
from ladybug_agent.hydrate.report import HydrationReport, save_report, utc

log = structlog.get_logger(__name__)

SAVE_EVERY_S = 1.0
LOG_EVERY_S = 5.0

Observer = Callable[[HydrationReport], None]


class Tracker:
    """Holds the report; `update` is cheap enough to be called ten times a second."""

    def __init__(self, path: Path, clock: Clock, *observers: Observer) -> None:
        self._path = path
        self._clock = clock
        self._observers = observers
        self._saved_at = self._logged_at = float("-inf")
        self.report = HydrationReport(state="hydrating", updated_at=utc(clock.utcnow()))

    def update(self, **changes: object) -> None:
        """Change the report, which is written each second, and at once for a new state or map."""
        before = (self.report.state, self.report.maps)
        self.report = replace(
            self.report,
            **changes,  # type: ignore[arg-type]  # the fields of the report
            updated_at=utc(self._clock.utcnow()),
        )
        for observe in self._observers:
            observe(self.report)
        now, changed = self._clock.monotonic(), (self.report.state, self.report.maps) != before
        if changed or now - self._saved_at >= SAVE_EVERY_S:
            save_report(self._path, self.report)
            self._saved_at = now
        if changed or now - self._logged_at >= LOG_EVERY_S:
            self._log()
            self._logged_at = now

    def _log(self) -> None:
        report = self.report
        log.info(
            "hydration_progress",
            state=report.state,
            pct=report.pct,
            rate_mib_s=round(report.rate / 2**20, 1),
            eta_s=report.eta_s,
            first_touch_p50_ms=report.first_touch_p50_ms,
            first_touch_p99_ms=report.first_touch_p99_ms,
            **({"reason": report.reason} if report.reason else {}),
        )
