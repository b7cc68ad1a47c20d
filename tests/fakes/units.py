"""A service manager that says what it is told to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ladybug_agent.clock import Clock
from ladybug_agent.diagnose.boot_sights import HEALTH_TIMER, UNITS
from ladybug_agent.errors import AgentError
from ladybug_agent.model.boot_files import BootFiles
from ladybug_agent.model.units import ManagerFacts, Moment, UnitFacts

KERNEL_STARTED_AT = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)


def moment(at_s: float, *, fast_by_s: float = 0.0) -> Moment:
    """Return a moment of the fakes' boot, read on a wall clock that is so many seconds fast."""
    return Moment(at_s, KERNEL_STARTED_AT + timedelta(seconds=at_s + fast_by_s))


def a_unit(name: str, **facts: object) -> UnitFacts:
    """Return a unit that is enabled, and active since second 9."""
    usual: dict[str, object] = {
        "load": "loaded",
        "active": "active",
        "sub": "running",
        "result": "success",
        "enabled": "enabled",
        "left_inactive": moment(8.0),
        "became_active": moment(9.0),
    }
    return UnitFacts(name=name, **{**usual, **facts})  # type: ignore[arg-type]


@dataclass(slots=True)
class FakeServiceManager:
    facts: ManagerFacts = field(
        default_factory=lambda: ManagerFacts(
            version="252",
            state="running",
            virtualization="amazon",
            initrd=moment(1.2),
            userspace=moment(2.9),
            finish=moment(24.0),
        )
    )
    known: dict[str, UnitFacts] = field(default_factory=dict)
    present: bool = True
    raises: AgentError | None = None

    def know(self, *units: UnitFacts) -> None:
        self.known.update({unit.name: unit for unit in units})

    def is_there(self) -> bool:
        return self.present

    def manager(self) -> ManagerFacts:
        if self.raises:
            raise self.raises
        return self.facts

    def units(self, names: Sequence[str]) -> Mapping[str, UnitFacts]:
        if self.raises:
            raise self.raises
        missing = UnitFacts(name="", load="not-found", active="inactive", sub="dead")
        return {name: self.known.get(name, missing) for name in names}


def our_units(clock: Clock) -> FakeServiceManager:
    """Return a manager with all of the agent's units in order; the timer has just ticked."""
    manager = FakeServiceManager()
    manager.know(*(a_unit(name) for name in UNITS))
    manager.know(a_unit(HEALTH_TIMER, sub="waiting", last_trigger=clock.utcnow()))
    return manager


def boot_files_in(directory: Path) -> BootFiles:
    return BootFiles(
        cloud_init_status=directory / "status.json",
        cloud_init_log=directory / "cloud-init.log",
        stub_log=directory / "stub.log",
    )
