"""Those who end an instance, and a replica that is up and can leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fakes.boot import KEY, Machine
from fakes.clock import FakeClock
from fakes.engine import FakeEngine
from fakes.instance import IDENTITY
from fakes.mounts import FakeMounts
from fakes.registry import FakeRegistry
from ladybug_agent.clock import Deadline
from ladybug_agent.drain.process import run_drain
from ladybug_agent.drain.record import DrainRecord
from ladybug_agent.drain.run import DrainWorld
from ladybug_agent.errors import AgentError
from ladybug_agent.model import SignalOutcome
from ladybug_agent.model.lifecycle import Notices, Trigger
from ladybug_agent.state import StateDirectory


class FakeBalancer:
    """A target group that drains for `delay_s` once asked; `raises` whatever it is asked."""

    def __init__(self, clock: FakeClock, *, state: str = "healthy", delay_s: float = 5.0) -> None:
        self._clock = clock
        self.delay_s = delay_s
        self._state = state
        self._gone_at = 0.0
        self.raises: AgentError | None = None
        self.hangs: Callable[[], object] | None = None

    def target_state(self) -> str:
        self._called()
        if self._state == "draining" and self._clock.monotonic() >= self._gone_at:
            self._state = "unused"
        return self._state

    def deregister(self) -> None:
        self._called()
        self._state, self._gone_at = "draining", self._clock.monotonic() + self.delay_s

    def register(self) -> None:
        self._called()
        self._state = "initial"

    def _called(self) -> None:
        if self.hangs:
            self.hangs()
        if self.raises:
            raise self.raises


@dataclass
class FakeHook:
    """A lifecycle hook that begins at `on_after_s` on the clock."""

    clock: FakeClock
    on_after_s: float = 0.0
    verdict: str = "accepted"
    completed: int = 0
    heartbeats: list[float] = field(default_factory=list)

    def complete(self) -> SignalOutcome:
        if self.clock.passed_s < self.on_after_s:
            return SignalOutcome(target="autoscaling", verdict="not_expected", detail="not yet")
        self.completed += self.verdict == "accepted"
        return SignalOutcome(target="autoscaling", verdict=self.verdict, detail="")

    def heartbeat(self) -> SignalOutcome:
        self.heartbeats.append(self.clock.passed_s)
        return SignalOutcome(target="autoscaling", verdict="accepted", detail="")


@dataclass
class FakeConnections:
    """Connections that close by themselves at `close_after_s`."""

    clock: FakeClock
    count: int = 0
    close_after_s: float = float("inf")

    def established(self, pid: int, port: int) -> int:
        assert (pid > 0, port) == (True, 8001)
        return self.count if self.clock.passed_s < self.close_after_s else 0


@dataclass
class FakePower:
    stopping: bool = False

    def is_stopping(self) -> bool:
        return self.stopping


@dataclass
class FakeProcesses:
    """`on_terminate` is what the process does when it is told to stop."""

    on_terminate: Callable[[], object] = lambda: None
    told: list[int] = field(default_factory=list)

    def terminate(self, pid: int) -> None:
        self.told.append(pid)
        self.on_terminate()


@dataclass
class FakeAnnouncements:
    now: Notices = field(default_factory=Notices)
    raises: AgentError | None = None

    def notices(self) -> Notices:
        if self.raises:
            raise self.raises
        return self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeDrainWorld(DrainWorld):
    """A world whose parts the type checker knows to be fakes."""

    registry: FakeRegistry
    engine: FakeEngine
    mounts: FakeMounts
    connections: FakeConnections
    power: FakePower
    processes: FakeProcesses
    balancer: FakeBalancer | None
    hook: FakeHook | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """A replica that has booted, and those who may end it."""

    machine: Machine
    world: FakeDrainWorld

    @classmethod
    def up(
        cls, tmp_path: Path, *, config: dict[str, object] | None = None, **parts: Any
    ) -> Replica:
        machine = Machine.make(tmp_path, config=config)
        assert machine.boot().error is None
        return cls(machine=machine, world=leaving_world(machine, **parts))

    @property
    def clock(self) -> FakeClock:
        return self.machine.clock

    @property
    def state(self) -> StateDirectory:
        return StateDirectory(Path(self.machine.config.instance.state_dir))

    @property
    def row(self) -> dict[str, Any]:
        return dict(self.machine.world.instance_registry.rows.get(KEY, {}))

    @property
    def is_mounted(self) -> bool:
        path = Path(self.machine.config.data.mount_point)
        return self.world.mounts.at(path) is not None

    def deadline(self, budget_s: float | None = None) -> Deadline:
        return Deadline.after(budget_s or self.machine.config.drain.budget_s, self.clock)

    def drain(self, trigger: Trigger = "operator", deadline: Deadline | None = None) -> DrainRecord:
        return run_drain(self.machine.config, self.world, trigger, deadline or self.deadline())


def leaving_world(machine: Machine, **parts: Any) -> FakeDrainWorld:
    clock, world = machine.clock, machine.world
    made: dict[str, Any] = {
        "instance_id": lambda: IDENTITY.instance_id,
        "registry": world.instance_registry,
        "engine": world.engine,
        "mounts": world.mounts,
        "machine": world.machine,
        "connections": FakeConnections(clock),
        "power": FakePower(),
        "processes": FakeProcesses(),
        "balancer": FakeBalancer(clock),
        "hook": FakeHook(clock),
    }
    return FakeDrainWorld(**{**made, **parts})
