"""The service manager by systemctl(1), whose `show` is made for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ladybug_agent.adapters.commands import run_command
from ladybug_agent.adapters.unit_words import (
    MANAGER_PROPERTIES,
    UNIT_PROPERTIES,
    manager_facts,
    properties,
    unit_facts,
)
from ladybug_agent.clock import Clock, Deadline
from ladybug_agent.model.units import ManagerFacts, UnitFacts

ANSWER_S = 3.0
BOOTED = Path("/run/systemd/system")
"""There if and only if systemd is the first process (sd_booted(3))."""


class SystemctlUnits:
    def __init__(self, clock: Clock, booted: Path = BOOTED) -> None:
        self._clock = clock
        self._booted = booted

    def is_there(self) -> bool:
        return self._booted.is_dir()

    def manager(self) -> ManagerFacts:
        return manager_facts(properties(self._show(MANAGER_PROPERTIES)))

    def units(self, names: Sequence[str]) -> Mapping[str, UnitFacts]:
        text = self._show(UNIT_PROPERTIES, *names)
        # One block a unit, in the order asked for; `Id` is another name where ours is an alias.
        blocks = [unit_facts(properties(block)) for block in text.split("\n\n")]
        return dict(zip(names, blocks, strict=False))

    def _show(self, names: Sequence[str], *units: str) -> str:
        argv = [
            "systemctl", "show", "--no-pager", "--timestamp=us+utc",
            f"--property={','.join(names)}", "--", *units,
        ]  # fmt: skip
        return run_command(argv, deadline=Deadline.after(ANSWER_S, self._clock)).stdout
