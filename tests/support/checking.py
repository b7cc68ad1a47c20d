"""Run health checks of an emulated instance that has booted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ladybug_lab.agent_process import AgentRun, Event, run_agent
from ladybug_lab.instance import LabInstance
from support.booting import row_of


@dataclass(frozen=True, slots=True)
class Checked:
    """What one check said."""

    run: AgentRun
    instance: LabInstance

    @property
    def row(self) -> dict[str, Any] | None:
        """The row as it is when it is looked at."""
        return row_of(self.instance)

    @property
    def report(self) -> dict[str, Any]:
        return self.run.document()

    @property
    def codes(self) -> list[str]:
        return [found["code"] for found in self.report["checks"] if found["verdict"] == "fail"]

    def told(self, name: str) -> list[Event]:
        return [event for event in self.run.events if event["event"] == name]


def check(instance: LabInstance, *, timeout_s: float = 40, **environment: str) -> Checked:
    """Run `ladybug-agent health-check` once."""
    run = run_agent(
        ["health-check", "--config", str(instance.config_file), "--format", "json"],
        instance.environment() | environment,
        timeout_s=timeout_s,
    )
    return Checked(run, instance)


def checks(instance: LabInstance, count: int) -> Checked:
    return [check(instance) for _ in range(count)][-1]
