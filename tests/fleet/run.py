"""One run of a fleet: launches, boots, what Auto Scaling makes of them, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from fakes.clock import STARTED_AT
from fakes.registry import FakeRegistry
from fleet.account import Account
from fleet.machine import FleetMachine, Launch
from fleet.timeline import Timeline
from ladybug_agent.reader import is_routable

SHARED_MEMORY = Path("/dev/shm")
REPLACED_AFTER_S = 30.0
"""From ABANDON to the launch of the next instance: assumed, as nobody publishes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one boot ended: `code` is empty if it registered and told so."""

    launch: Launch
    ended_s: float
    registered_at_s: float | None
    code: str
    volume_check: str
    told: bool | None
    """What Auto Scaling heard: success, failure, or nothing."""

    @property
    def took_s(self) -> float:
        return self.ended_s - self.launch.at_s


@dataclass(slots=True)
class Fleet:
    """All machines of one run. After an ABANDON the next instance is launched, if `replaces`."""

    account: Account
    replaces: bool = True
    on_registered: Callable[[FleetMachine], None] = lambda _: None
    """Called in the machine's own activity, which goes on with it."""
    table: FakeRegistry = field(default_factory=FakeRegistry)
    timeline: Timeline = field(default_factory=Timeline)
    outcomes: list[Outcome] = field(default_factory=list)
    _root: Path = Path()

    def boot_all(self, launches: Sequence[Launch], until_s: float = float("inf")) -> None:
        """Launch them all and go on until every boot has ended."""
        place = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
        with TemporaryDirectory(prefix="fleet-", dir=place) as root:
            self._root = Path(root)
            for launch in launches:
                self.launch(launch)
            self.timeline.run(until_s)

    def launch(self, launch: Launch) -> None:
        after_s = launch.at_s - self.timeline.now_s
        self.timeline.start(lambda: self._live(launch), after_s=after_s)

    def _live(self, launch: Launch) -> None:
        machine = FleetMachine(launch, self.account, self.table, self.timeline)
        code = machine.boot(self._root / launch.instance_id)
        row = self.table.rows.get(launch.instance_id, {})
        outcome = Outcome(
            launch=launch,
            ended_s=self.timeline.now_s,
            registered_at_s=machine.table.registered_at_s,
            code=code,
            volume_check=str(row.get("volume_check", "")),
            told=machine.hook.told,
        )
        self.outcomes.append(outcome)
        if outcome.told is False and self.replaces:
            at_s = self.timeline.now_s + REPLACED_AFTER_S
            self.launch(replace(launch, at_s=at_s, generation=launch.generation + 1))
        if row.get("status") == "healthy":
            self.on_registered(machine)

    @property
    def registered(self) -> int:
        """How many instances of the group serve, however often each was replaced."""
        rows = (self.table.rows.get(o.launch.instance_id, {}) for o in self.outcomes)
        return sum(row.get("status") == "healthy" for row in rows)

    @property
    def routable(self) -> int:
        """How many rows a reader sends requests to now."""
        now_s = (STARTED_AT + timedelta(seconds=self.timeline.now_s)).timestamp()
        return sum(is_routable(row, now_s) for row in self.table.rows.values())
