"""One run of the health check: what all its parts share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from ladybug_agent.clock import Clock, Deadline
from ladybug_agent.config import Config
from ladybug_agent.health.capacity import Capacity
from ladybug_agent.health.findings import Look
from ladybug_agent.health.freshness import Freshness
from ladybug_agent.health.state import HealthState
from ladybug_agent.journal import Journal
from ladybug_agent.ports.tick import TickWorld
from ladybug_agent.served import Served

AWS_CALLS = 2
"""What one run may ask of AWS; what does not fit waits for the next."""
CALL_S = 4.5
"""What one call may take, and a little more."""
RegistryWord = Literal["written", "restored", "missing", "fenced", "leaving", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Who is checked, in which world, with what memory."""

    config: Config
    world: TickWorld
    served: Served
    state: HealthState
    """Changes as the run goes on, and is written at its end."""
    clock: Clock
    journal: Journal
    deadline: Deadline
    now: datetime
    mono: float

    @property
    def state_dir(self) -> Path:
        return Path(self.config.instance.state_dir)

    @property
    def instance_id(self) -> str:
        return str(self.served.row["instance_id"])

    def may_call_aws(self, calls: int = 1) -> bool:
        """Return whether so many calls still fit into this run, in number and in time."""
        has_time = self.deadline.remaining_s >= CALL_S
        return has_time and self.world.cloud.calls + calls <= AWS_CALLS


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What this run found, and what the state is with it."""

    look: Look
    transition: str
    """The change of state that it made; empty if none."""
    freshness: Freshness
    capacity: Capacity | None
