"""A service that took the place of another, over a volume that is as warm as last reported."""

from __future__ import annotations

from pathlib import Path

from ladybug_agent.hydrate.report import read_report, report_path
from ladybug_agent.resources.hydration.readiness import ReadyService
from ladybug_agent.resources.service import HealthyService


def ready_as_reported(service: HealthyService, state_dir: Path) -> ReadyService:
    """Return the evidence for a registration; nothing is read ahead or waited for."""
    report = read_report(report_path(state_dir))
    if report is None:
        return ReadyService(
            service=service, hydration_state="off", hydration_pct=0.0, still_waited_for=""
        )
    return ReadyService(
        service=service,
        hydration_state=report.state,
        hydration_pct=report.pct,
        still_waited_for="what the boot waited for in vain" if report.below_gate else "",
    )
