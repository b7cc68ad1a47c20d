"""What several checks see of the boot, of systemd and of cloud-init."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ladybug_agent.diagnose import sights
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.model.units import UnitFacts
from ladybug_agent.status import boot_outcome
from ladybug_agent.timeline.runs import known_outcome

BOOT_UNIT = "ladybug-bootstrap.service"
HEALTH_TIMER = "ladybug-health.timer"
WATCH_UNIT = "ladybug-watch.service"
REQUIRED = (BOOT_UNIT, HEALTH_TIMER, WATCH_UNIT)
"""Without them an instance does not boot, is not checked, or does not drain."""
HEALTH_UNIT = "ladybug-health.service"
REPAIR_UNIT = "ladybug-repair.service"
UNITS = (*REQUIRED, HEALTH_UNIT, "ladybug-hydrate.path", REPAIR_UNIT, "ladybug-repair.path")
"""Not `ladybug-hydrate.service`: `data.hydration` tells how that went."""


@dataclass(frozen=True, slots=True)
class BootSeen:
    """How the last run of the boot went, and its record, as it is."""

    outcome: str
    record: Mapping[str, Any]

    def text(self, name: str) -> str:
        value = self.record.get(name)
        return value if isinstance(value, str) else ""

    @property
    def at_steps(self) -> list[str]:
        """The steps that run, or ran when the boot was cut off, or that failed."""
        steps = self.record.get("steps")
        found = (
            (step for step in steps if isinstance(step, dict)) if isinstance(steps, list) else ()
        )
        wanted = {"running"} if self.outcome in {"running", "interrupted"} else {"failed"}
        return [str(step.get("name")) for step in found if step.get("status") in wanted]


def boot(scene: Scene) -> BootSeen:
    """Return how the boot went. Raises ExternalFailure if the record cannot be read."""

    def look() -> BootSeen:
        outcome, record = boot_outcome(sights.state_of(scene))
        return BootSeen(known_outcome(outcome), record)

    return scene.sights.once("boot", look)


def units(scene: Scene) -> Mapping[str, UnitFacts]:
    """Return our units. Raises ExternalFailure if systemd does not answer."""
    return scene.sights.once("units", lambda: scene.world.units.units(UNITS))


def boots_dir(scene: Scene) -> Path | None:
    """Return where earlier boots are kept; None where they are not."""
    path = scene.config.instance.boots_dir
    return Path(path) if path else None
