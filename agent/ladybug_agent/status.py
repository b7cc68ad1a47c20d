"""How the boot went and what is true now: the verb `status`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from ladybug_agent import __version__
from ladybug_agent.clock import Deadline
from ladybug_agent.config import Config
from ladybug_agent.drain.told import departures_so_far
from ladybug_agent.errors import ExternalFailure, NotYet
from ladybug_agent.given_up import GivenUp, read_given_up
from ladybug_agent.health.told import health_so_far
from ladybug_agent.hydrate.report import HydrationReport, read_report, report_path
from ladybug_agent.record import read_record
from ladybug_agent.state import StateDirectory
from ladybug_agent.survey import Finding, LocalWorld, survey
from ladybug_agent.waiting import BRISK, wait_until

SCHEMA = "ladybug.status/1"

Outcome = Literal["absent", "running", "interrupted", "registered", "failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The boot as recorded, and the world as found."""

    outcome: Outcome
    record: dict[str, Any]
    findings: tuple[Finding, ...]
    health: dict[str, Any] = field(default_factory=dict)
    """What the health checks have found; empty before the first one."""
    hydration: HydrationReport | None = None
    """How far the volume is loaded, as last reported; None if nobody has."""
    given_up: GivenUp | None = None
    """The version of the agent that could not boot, if that is why another one is used."""

    @property
    def is_good(self) -> bool:
        """Registered, and nothing that can be seen from here is wrong."""
        return self.outcome == "registered" and all(f.verdict != "bad" for f in self.findings)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What else there is to say of a replica that may well be healthy."""
        row = self.record.get("row", {})
        told = [str(self.given_up)] if self.given_up else []
        if row.get("data_state", "snapshot") != "snapshot":
            told.append(row["data_state"])
        if row.get("volume_check") == "unverified":
            told.append("volume unverified: EC2 could not be asked about it")
        if row.get("degraded"):
            told.append(f"degraded: {row['degraded_reasons']}")
        return tuple(told)

    def document(self) -> dict[str, Any]:
        """Return the JSON form; public API."""
        return {
            "schema": SCHEMA,
            "agent_version": __version__,
            "given_up": asdict(self.given_up) if self.given_up else None,
            "good": self.is_good,
            "outcome": self.outcome,
            "remarks": list(self.remarks),
            "boot": self.record,
            "hydration": self.hydration.document() if self.hydration else None,
            "health": self.health,
            "findings": [asdict(finding) for finding in self.findings],
        }


def take_status(state: StateDirectory, world: LocalWorld, config: Config) -> Status:
    """Read the record and look at the world; works as a plain user, with less to see."""
    outcome, record = boot_outcome(state)
    finding, health = health_so_far(state.health)
    found = survey(world, config) + ((finding,) if finding else ())
    found += departures_so_far(state, str(record.get("boot_id", "")))
    return Status(
        outcome=outcome,
        record=record,
        findings=found,
        health=health,
        hydration=read_report(report_path(Path(config.instance.state_dir))),
        given_up=read_given_up(),
    )


def boot_outcome(state: StateDirectory) -> tuple[Outcome, dict[str, Any]]:
    """Return how the last boot ended. A record that runs on without its lock was interrupted."""
    try:
        record = read_record(state.record)
    except (OSError, ValueError) as error:
        raise ExternalFailure(
            "record_unreadable",
            f"cannot read the boot record {state.record}",
            hint="run the boot again: it writes a new one",
        ) from error
    if record is None:
        return "absent", {}
    outcome: Outcome = record["outcome"]
    if outcome == "running" and not state.is_locked():
        outcome = "interrupted"
    return outcome, record


def await_boot(state: StateDirectory, deadline: Deadline) -> None:
    """Block until a boot has ended, well or not. Raises DeadlineExceeded if none does."""

    def look() -> None:
        outcome, record = boot_outcome(state)
        if outcome in {"absent", "running", "interrupted"}:
            raise NotYet("boot_not_ended", f"the boot is {outcome}{_at_step(record)}")

    wait_until(look, "the boot to end", deadline=deadline, pace=BRISK)


def _at_step(record: dict[str, Any]) -> str:
    running = [step["name"] for step in record.get("steps", ()) if step["status"] == "running"]
    return f" (at {', '.join(running)})" if running else ""
