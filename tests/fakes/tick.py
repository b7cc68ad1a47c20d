"""A replica that has booted, and the health checks that follow, one every 30 seconds."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fakes.boot import KEY, NAME, Machine
from fakes.build import FakeWorld
from fakes.engine import FakeEngine
from fakes.registry import FakeRegistry
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, ExternalFailure
from ladybug_agent.health.handover import (
    Repaired,
    answer,
    ended_by,
    ended_well,
    hand_over,
    take_request,
)
from ladybug_agent.health.memory import recall
from ladybug_agent.health.repair import repair
from ladybug_agent.health.report import Report
from ladybug_agent.health.run import Run
from ladybug_agent.health.state import HealthState, read_state
from ladybug_agent.health.tick import check_health
from ladybug_agent.journal import Journal
from ladybug_agent.model import BootIdentity, LoadSample
from ladybug_agent.model.containers import ContainerFacts
from ladybug_agent.ports.registry import Row
from ladybug_agent.ports.tick import TickWorld
from ladybug_agent.served import Served, read_served
from ladybug_agent.state import StateDirectory

TICK_S = 30.0


class FakeDisks:
    def __init__(self, world: FakeWorld) -> None:
        self._devices = world.block_devices

    def is_there(self, device_number: str) -> bool:
        return any(disk.device_number == device_number for disk in self._devices.present)

    def serial(self, device_number: str) -> str:
        found = (d for d in self._devices.present if d.device_number == device_number)
        return next((disk.serial or "" for disk in found), "")

    def sequence(self, device_number: str) -> int:
        found = (d for d in self._devices.present if d.device_number == device_number)
        return next((disk.disk_sequence or 0 for disk in found), 0)


@dataclass(slots=True)
class FakeCounters:
    """The machine's counters: 25 % busy, and 300 reads a second of the data volume's 3,000."""

    boot_identity: BootIdentity
    now: LoadSample = field(
        default_factory=lambda: LoadSample(
            cpu_busy=1000, cpu_total=8000, reads=5000, memory_pct=20.0
        )
    )

    def boot(self) -> BootIdentity:
        return self.boot_identity

    def sample(self, data_device_number: str | None) -> LoadSample:
        self.now = replace(
            self.now,
            cpu_busy=self.now.cpu_busy + 1500,
            cpu_total=self.now.cpu_total + 6000,
            reads=self.now.reads + 9000,
        )
        return self.now if data_device_number else replace(self.now, reads=0)


class FakeLook:
    """The engine as a health check sees it."""

    def __init__(self, engine: FakeEngine) -> None:
        self._engine = engine
        self.raises: AgentError | None = None

    def container(self, name: str) -> ContainerFacts | None:
        if self.raises:
            raise self.raises
        return self._engine.container(name)


class FakeCloud:
    def __init__(self, registry: FakeRegistry) -> None:
        self._registry = registry
        self._began = registry.calls
        self.own_calls = 0
        self.raises: AgentError | None = None
        self.peer_rows: list[Row] = []
        self.told: list[tuple[str, str, str]] = []
        self.given_up: list[str] = []
        self.events: list[tuple[int, str]] = []
        self.streams = {("/group", KEY)}

    def begin(self) -> None:
        """Count anew, as a new process does."""
        self._began, self.own_calls = self._registry.calls, 0

    @property
    def calls(self) -> int:
        return self.own_calls + self._registry.calls - self._began

    def peers(self) -> Sequence[Row]:
        self._call()
        return self.peer_rows

    def notify(self, topic: str, subject: str, message: str) -> None:
        self._call()
        self.told.append((topic, subject, message))

    def give_up_instance(self, instance_id: str) -> None:
        self._call()
        self.given_up.append(instance_id)

    def put_log_events(self, group: str, stream: str, events: Sequence[tuple[int, str]]) -> None:
        self._call()
        if (group, stream) not in self.streams:
            raise ExternalFailure("log_stream_missing", f"found no {group} {stream}")
        self.events += events

    def make_log_stream(self, group: str, stream: str) -> None:
        self._call()
        self.streams.add((group, stream))

    def _call(self) -> None:
        self.own_calls += 1
        if self.raises:
            raise self.raises


class Replica:
    """A machine that has booted. `tick` is what the timer runs."""

    def __init__(self, tmp_path: Path, **config: object) -> None:
        self.machine = Machine.make(tmp_path, config=config)
        assert self.machine.boot().error is None
        self.clock, self.world = self.machine.clock, self.machine.world
        self.state_dir = StateDirectory(Path(self.machine.config.instance.state_dir))
        self.look = FakeLook(self.world.engine)
        self.cloud = FakeCloud(self.world.instance_registry)
        self.counters = FakeCounters(self.world.machine.boot())
        self.journal = io.StringIO()
        self.is_confined = False
        """Whether the checks run as in their unit, which may not mount."""
        self.most_calls = 0
        self.reports: list[Report] = []

    @property
    def tick_world(self) -> TickWorld:
        return TickWorld(
            containers=self.look,
            service=self.world.http,
            mounts=self.world.mounts,
            disks=FakeDisks(self.world),
            kernel_log=self.world.kernel_log,
            machine=self.counters,
            registry=self.world.instance_registry,
            cloud=self.cloud,
        )

    @property
    def served(self) -> Served:
        found = read_served(self.state_dir.served)
        assert found is not None
        return found

    @property
    def state(self) -> HealthState:
        found = read_state(self.state_dir.health)
        assert found is not None
        return found

    @property
    def row(self) -> Row:
        return self.world.instance_registry.rows.get(KEY, {})

    @property
    def container(self) -> ContainerFacts | None:
        return self.world.engine.containers.get(NAME)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.journal.getvalue().splitlines()]

    def told(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.events if line["event"] == event]

    def tick(self, *, after_s: float = TICK_S) -> Report:
        self.clock.advance(after_s)
        journal = Journal(self.journal, self.clock, level="debug")
        self.cloud.begin()
        rules = self.machine.config.health
        run = Run(
            config=self.machine.config,
            world=self.tick_world,
            served=self.served,
            state=recall(self.state_dir.health, self.served, journal, rules.rise),
            clock=self.clock,
            journal=journal,
            deadline=Deadline.after(rules.deadline_s, self.clock),
            now=self.clock.utcnow(),
            mono=self.clock.monotonic(),
        )
        report = check_health(run, self._repair)
        self.most_calls = max(self.most_calls, self.cloud.calls)
        self.reports.append(report)
        return report

    def ticks(self, count: int) -> Report:
        return [self.tick() for _ in range(count)][-1]

    def change_container(self, **facts: Any) -> None:
        found = self.container
        assert found is not None
        self.world.engine.containers[NAME] = replace(found, **facts)

    def _repair(self, run: Run) -> Repaired | None:
        return hand_over(run) if self.is_confined else self.repair(run.deadline)

    def repair(self, deadline: Deadline) -> Repaired:
        """Repair as the check itself does, and as `ladybug-repair.service` does for it."""
        try:
            made = repair(self.machine.config, self.world, self.served, deadline)
        except AgentError as error:
            return ended_by(error)
        return ended_well(made.container_id)

    def answer_request(self) -> None:
        """Do what `ladybug-repair.service` is started for."""
        request = take_request(self.state_dir)
        answer(self.state_dir, request, self.repair(Deadline.after(60.0, self.clock)))


def begin_drain(replica: Replica, phase: str = "draining") -> None:
    """Leave the record that a drain leaves at its very beginning, or later."""
    boot_id = replica.world.machine.boot().boot_id
    record = {"schema": "ladybug.drain/1", "phase": phase, "trigger": "operator"}
    replica.state_dir.drain.write_text(json.dumps({**record, "boot_id": boot_id}))
