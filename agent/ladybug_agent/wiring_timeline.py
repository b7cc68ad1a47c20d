"""Builds what `timeline` looks at."""

from __future__ import annotations

from pathlib import Path

from ladybug_agent.adapters.machine import ProcMachine
from ladybug_agent.adapters.units import SystemctlUnits
from ladybug_agent.clock import Clock
from ladybug_agent.config import Config
from ladybug_agent.model.boot_files import BootFiles
from ladybug_agent.timeline.live import Look


def build_look(config: Config, clock: Clock) -> Look:
    """Build it; asks nobody anything yet."""
    boots = config.instance.boots_dir
    return Look(
        boot_id=ProcMachine().boot().boot_id,
        state_dir=Path(config.instance.state_dir),
        boots_dir=Path(boots) if boots else None,
        files=BootFiles(),
        units=SystemctlUnits(clock),
        clock=clock,
    )
