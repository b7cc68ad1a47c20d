"""This boot's sources, as they can be read now. One that cannot is named, and the rest goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from ladybug_agent.clock import Clock
from ladybug_agent.errors import AgentError, ExternalFailure
from ladybug_agent.health.state import CorruptStateError, HealthState, read_state
from ladybug_agent.hydrate.report import read_report, report_path
from ladybug_agent.model.boot_files import BootFiles
from ladybug_agent.model.units import ManagerFacts, UnitFacts
from ladybug_agent.ports.units import ServiceManagerLook
from ladybug_agent.state import StateDirectory
from ladybug_agent.status import boot_outcome
from ladybug_agent.timeline.assemble import Sources
from ladybug_agent.timeline.cloud_init import read_cloud_init
from ladybug_agent.timeline.kept import all_runs
from ladybug_agent.timeline.model import Milestone, Span
from ladybug_agent.timeline.runs import Run, known_outcome, run_of
from ladybug_agent.timeline.unit_spans import UNITS
from ladybug_agent.timeline.wall_clock import Anchor, WallClock, epoch_s
from ladybug_agent.timeline.written import read_log_lines, read_stub_lines

T = TypeVar("T")


@dataclass(slots=True)
class Look:
    """Where everything is, and what could not be read."""

    boot_id: str
    state_dir: Path
    boots_dir: Path | None
    """None where no boots are kept."""
    files: BootFiles
    units: ServiceManagerLook
    clock: Clock
    missing: list[str] = field(default_factory=list)

    def ask(self, source: str, read: Callable[[], T | None], absent: str) -> T | None:
        """Return what `read` returns; None, and the source is missing, if it cannot."""
        try:
            found = read()
        except FileNotFoundError:
            found = None
        except (OSError, ValueError, RecursionError, AgentError, CorruptStateError) as error:
            self.missing.append(f"{source}: {_why(error)}")
            return None
        if found is None:
            self.missing.append(f"{source}: {absent}")
        return found


def look_live(look: Look) -> Sources:
    """Read everything there is of this boot. Never fails."""
    outcome, runs = _runs(look)
    boottime_s = look.clock.boottime()
    now = Anchor.at(boottime_s, look.clock.utcnow())
    manager, units = _service_manager(look)
    cloud_init = look.ask(
        "cloud-init", lambda: read_cloud_init(look.files.cloud_init_status), "it has not run"
    )
    log_lines = stub = None
    if cloud_init:  # otherwise the log is of earlier boots
        log_lines = look.ask(
            "cloud-init.log", lambda: read_log_lines(look.files.cloud_init_log), "not there"
        )
    stub = look.ask("stub", lambda: read_stub_lines(look.files.stub_log), "it has left no log")
    spans = _hydration(look, runs[-1] if runs else None, now)
    marks = _health(look)
    return Sources(
        boot_id=look.boot_id,
        outcome=outcome,
        runs=runs,
        now=now,
        slept_s=boottime_s - look.clock.monotonic(),
        cloud_init=cloud_init,
        cloud_init_log=tuple(log_lines or ()),
        stub=tuple(stub or ()),
        manager=manager,
        units=units,
        refresh=_refresh(look),
        other_spans=spans,
        other_milestones=marks,
        missing=tuple(look.missing),
    )


def _runs(look: Look) -> tuple[str, tuple[Run, ...]]:
    """Return how the last run went, and all runs: the kept ones, and the record, which is newer."""
    found: tuple[str, Mapping[str, object]] | None = look.ask(
        "boot record", lambda: boot_outcome(StateDirectory(look.state_dir)), "none"
    )
    outcome, record = found or ("absent", {})
    outcome = known_outcome(outcome)
    if record and record.get("boot_id") != look.boot_id:
        look.missing.append("boot record: it is of another boot")
        outcome, record = "absent", {}
        found = None
    told = {**record, "outcome": outcome} if record else {}
    if told and run_of(told) is None:
        look.missing.append("boot record: it does not say when it began on the kernel's clock")
    elif not record and found:
        look.missing.append("boot record: none")
    runs = all_runs(told, look.boots_dir, look.boot_id)
    return (runs[-1].outcome if runs and outcome == "absent" else outcome), runs


def _service_manager(look: Look) -> tuple[ManagerFacts | None, Mapping[str, UnitFacts]]:
    if not look.units.is_there():
        look.missing.append("systemd: it is not the first process here")
        return None, {}
    manager = look.ask("systemd", look.units.manager, "it says nothing")
    units = look.ask("systemd units", lambda: look.units.units(UNITS), "it says nothing")
    return manager, units or {}


def _refresh(look: Look) -> Run | None:
    """Return the last refresh of this boot; that there was none is no gap."""
    try:
        text = StateDirectory(look.state_dir).refresh.read_text(encoding="utf-8")
        return run_of(json.loads(text))
    except (OSError, ValueError, RecursionError):
        return None


def _hydration(look: Look, run: Run | None, now: Anchor) -> tuple[Span, ...]:
    """Return the loading of the volume as a span, from the mount on."""
    report = read_report(report_path(look.state_dir))
    mounted = next((step for step in run.steps if step.name == "mount"), None) if run else None
    updated_s = epoch_s(report.updated_at) if report else None
    if report is None or run is None or mounted is None or updated_s is None:
        look.missing.append("hydration: nobody has reported any")
        return ()
    if report.state in {"off", "not_needed"}:
        return ()
    began = run.began.boottime_s + mounted.started_s + (mounted.duration_s or 0.0)
    told_s = WallClock([run.began, now]).boottime_s(updated_s) or began
    is_running = report.state == "hydrating"
    span = Span(
        name="hydration",
        source="hydration",
        started_s=round(began, 3),
        ended_s=None if is_running else round(max(began, told_s), 3),
        status="failed" if report.state == "failed" else "running" if is_running else "done",
        note=f"{report.pct:g} %",
        lane="hydration",
    )
    return (span,)


def _health(look: Look) -> tuple[Milestone, ...]:
    state: HealthState | None = look.ask(
        "health", lambda: read_state(StateDirectory(look.state_dir).health), "no check has run"
    )
    if state is None or state.boot_id != look.boot_id or not state.since_mono:
        return ()
    return (Milestone(name=f"{state.status} by the health checks", at_s=state.since_mono),)


def _why(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "not readable by this user"
    if isinstance(error, ExternalFailure):
        return f"{error.code}: {error}"[:200]
    return f"{type(error).__name__}: {error}"[:200]
