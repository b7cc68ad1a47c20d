"""A whole fleet replaced, a batch at a time: new ones first, then the old ones leave."""

from __future__ import annotations

from random import Random

from bench.figures import Results, figure
from fleet.account import Account
from fleet.health import TIMER, Timer, heart_of
from fleet.machine import FleetMachine, Launch
from fleet.ports import FleetTable
from fleet.run import Fleet
from fleet.storms import launches

BEGINS_S = 150.0
DRAIN_S = 30.0
NEW = 100_000
"""The first number of the new instances."""


class Replacement:
    """Auto Scaling's part, as an instance refresh with 100 % healthy does it."""

    def __init__(self, count: int, batch: int) -> None:
        self._count = count
        self._batch = batch
        self.fleet = Fleet(Account())
        self.fleet.on_registered = self._beat
        self._tables: dict[str, FleetTable] = {}
        self._ends_s: dict[str, float] = {}
        self.routable: list[int] = []
        self.ended_s = 0.0

    def run(self) -> Results:
        old = launches(self._count)
        self.fleet.timeline.start(lambda: self._replace(old), after_s=BEGINS_S)
        self.fleet.timeline.start(self._look, after_s=BEGINS_S)
        self.fleet.boot_all(old)
        rows = self.fleet.table.rows
        new = [row for name, row in rows.items() if int(name[4:], 16) >= NEW]
        served = sum(row["status"] == "healthy" for row in new)
        left = sum(row["status"] == "terminated" for row in rows.values())
        return {
            "replacement.new_registered_share": figure([served / self._count], 1.0, at_least=True),
            "replacement.old_terminated_share": figure([left / self._count], 1.0, at_least=True),
            "replacement.least_routable_share": figure(
                [min(self.routable) / self._count], 1.0, at_least=True
            ),
            "replacement.calls_throttled": figure([float(self._throttled())], 0.0),
            "replacement.minutes": figure([(self.ended_s - BEGINS_S) / 60], None),
        }

    def _throttled(self) -> int:
        return self.fleet.account.tries() - self.fleet.account.tries(ended="answered")

    def _replace(self, old: list[Launch]) -> None:
        timeline = self.fleet.timeline
        for begin in range(0, self._count, self._batch):
            batch = old[begin : begin + self._batch]
            new = [
                Launch(number=NEW + launch.number, at_s=timeline.now_s, zone=launch.zone)
                for launch in batch
            ]
            for launch in new:
                self.fleet.launch(launch)
            while not all(launch.instance_id in self._tables for launch in new):
                timeline.sleep(1.0)
            for launch in batch:
                timeline.start(lambda launch=launch: self._leave(launch))  # type: ignore[misc]
            timeline.sleep(DRAIN_S)
        timeline.sleep(DRAIN_S)
        self.ended_s = timeline.now_s
        self._ends_s = dict.fromkeys(self._ends_s, 0.0)

    def _leave(self, launch: Launch) -> None:
        name = launch.instance_id
        table, registration_id = self._tables[name], f"registration-{name}"
        table.leave(name, registration_id, "draining", {"reason_code": "drained"})
        self.fleet.timeline.sleep(DRAIN_S)
        table.leave(name, registration_id, "terminated", {})
        self._ends_s[name] = 0.0

    def _beat(self, machine: FleetMachine) -> None:
        name = machine.launch.instance_id
        self._tables[name], self._ends_s[name] = machine.table, float("inf")
        heart = heart_of(
            self.fleet.table.rows[name],
            machine.table,
            machine.clock,
            Timer(Random(f"timer/{name}"), TIMER),  # noqa: S311 - no secret
        )
        heart.beat_until(lambda: self._ends_s[name])

    def _look(self) -> None:
        while not self.ended_s:
            self.routable.append(self.fleet.routable)
            self.fleet.timeline.sleep(5.0)
