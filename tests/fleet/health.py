"""The heartbeats of one replica, by the health check's own code; only its looks are made up."""

from __future__ import annotations

import io
from collections.abc import Callable
from configparser import ConfigParser
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, cast

from fakes.build import a_config
from fleet.account import ONCE
from fleet.clock import FleetClock
from fleet.ports import FleetTable
from ladybug_agent.clock import Deadline
from ladybug_agent.config import Config
from ladybug_agent.health.findings import Check, Look
from ladybug_agent.health.freshness import Freshness
from ladybug_agent.health.heartbeat import tell_registry
from ladybug_agent.health.judge import judge
from ladybug_agent.health.memory import recall
from ladybug_agent.health.run import RegistryWord, Run, Verdict
from ladybug_agent.journal import Journal
from ladybug_agent.ports import Row
from ladybug_agent.ports.tick import TickWorld
from support.fleet_model import a_served

EVERY_S = 30.0
GOOD = Look(checks=(Check(name="service", verdict="pass"),), latency_ms=1.0)
FRESH = Freshness(reasons=(), snapshot_age_s=None, hydration_state="", hydration_pct=None)
NOWHERE = Path("/nonexistent")
UNIT = "systemd/ladybug-health.timer"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerSettings:
    """What the unit says of its delay: up to how much, and whether it is drawn once for all."""

    delay_s: float
    fixed: bool

    @classmethod
    def of_unit(cls, text: str) -> TimerSettings:
        unit = ConfigParser(strict=False, interpolation=None)
        unit.read_string(text)
        timer = unit["Timer"]
        delay_s = float(timer["RandomizedDelaySec"].removesuffix("s"))
        return cls(delay_s=delay_s, fixed=timer.getboolean("FixedRandomDelay", fallback=False))


TIMER = TimerSettings.of_unit((Path(__file__).parents[2] / UNIT).read_text(encoding="utf-8"))


class Timer:
    """When `ladybug-health.timer` elapses; see systemd.timer(5)."""

    def __init__(self, random: Random, settings: TimerSettings) -> None:
        self._random = random
        self._delay_s = settings.delay_s
        self._fixed = random.uniform(0, settings.delay_s) if settings.fixed else None
        self._round = 0

    def next_s(self, now_s: float) -> float:
        """Return when it elapses next: on the half minute, and the delay later."""
        self._round = max(self._round + 1, int(now_s // EVERY_S) + 1)
        delay_s = self._random.uniform(0, self._delay_s) if self._fixed is None else self._fixed
        return max(now_s, self._round * EVERY_S + delay_s)


class Heart:
    """Beats as the timer says: by the calendar, each time or always with a delay of its own."""

    def __init__(self, row: Row, table: FleetTable, clock: FleetClock, timer: Timer) -> None:
        self._clock = clock
        self._served = a_served(row)
        self._config: Config = a_config(NOWHERE)
        self._journal = Journal(io.StringIO(), clock)
        self._table = table
        self._timer = timer
        rise = self._config.health.rise
        self._state = recall(NOWHERE / "health.json", self._served, self._journal, rise)
        self.words: list[RegistryWord] = []

    def beat_until(self, end_s: Callable[[], float]) -> None:
        """Beat until it is that time, which may change; blocks in virtual time."""
        while True:
            now_s = self._clock.timeline.now_s
            at_s = self._timer.next_s(now_s)
            if at_s <= end_s():
                self._clock.pass_time(at_s - now_s)
            if at_s > end_s():
                return
            self.words.append(self._beat())

    def _beat(self) -> RegistryWord:
        now, mono, rules = self._clock.utcnow(), self._clock.monotonic(), self._config.health
        transition = judge(self._state, GOOD, rules, now, mono, fall=rules.fall)
        self._state.mono_s = mono
        verdict = Verdict(look=GOOD, transition=transition, freshness=FRESH, capacity=None)
        return tell_registry(self._run(), verdict)

    def _run(self) -> Run:
        nobody = cast("Any", None)
        world = TickWorld(
            containers=nobody,
            service=nobody,
            mounts=nobody,
            disks=nobody,
            kernel_log=nobody,
            machine=nobody,
            registry=cast("Any", self._table),
            cloud=nobody,
        )
        return Run(
            config=self._config,
            world=world,
            served=self._served,
            state=self._state,
            clock=self._clock,
            journal=self._journal,
            deadline=Deadline.after(self._config.health.deadline_s, self._clock),
            now=self._clock.utcnow(),
            mono=self._clock.monotonic(),
        )


def heart_of(row: Row, table: FleetTable, clock: FleetClock, timer: Timer) -> Heart:
    return Heart(row, table.tried(ONCE), clock, timer)
