"""Agents, old agents, a reaper and an operator on one row, in any order: what must always hold.

The agents run the heartbeat of the health check itself; only looks are made up. A run is split in
two, `look` and `tell`, so that anything can happen between them.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fakes.build import a_config
from fakes.clock import FakeClock
from ladybug_agent.clock import Deadline
from ladybug_agent.config import Config
from ladybug_agent.errors import ExternalFailure, Fenced
from ladybug_agent.health.findings import Check, Look
from ladybug_agent.health.freshness import Freshness
from ladybug_agent.health.heartbeat import tell_registry
from ladybug_agent.health.judge import judge
from ladybug_agent.health.memory import recall
from ladybug_agent.health.run import Run, Verdict
from ladybug_agent.health.state import HealthState, write_state
from ladybug_agent.journal import Journal
from ladybug_agent.ports import InstanceRegistry, Row, RowValue
from ladybug_agent.ports.registry import LEAVING, LeavingStatus
from ladybug_agent.ports.tick import TickWorld
from ladybug_agent.served import Served
from ladybug_agent.state import StateDirectory

KEY = "i-0123456789abcdef0"
LOST = ExternalFailure("aws_unreachable", "the answer was lost")
FRESH = Freshness(reasons=(), snapshot_age_s=None, hydration_state="", hydration_pct=None)


class Table(Protocol):
    """A registry, and what others than agents do to its table."""

    @property
    def registry(self) -> InstanceRegistry: ...

    def row(self) -> Row | None: ...

    def clear(self) -> None: ...

    def delete(self) -> None:
        """Delete the row, as the platform's monitor does: without a condition."""

    def set_desired(self, desired: str | None) -> None:
        """Set or remove `desired` of a row that is there."""


@dataclass
class Counted:
    """The registry as a run sees it: its calls counted, and some answers lost."""

    inner: InstanceRegistry
    calls: int = 0
    loses_next: bool = False

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.inner, name)

        def call(*args: Any, **more: Any) -> Any:
            self.calls += 1
            answer = method(*args, **more)
            if self.loses_next:
                self.loses_next = False
                raise LOST
            return answer

        return call


@dataclass
class Agent:
    """One registration: the process, its memory and the container it looks after."""

    number: int
    boot: int
    state_dir: Path
    served: Served
    is_well: bool = True
    looked: Verdict | None = None
    state: HealthState = field(default_factory=HealthState)
    looks: deque[bool] = field(default_factory=lambda: deque([True], maxlen=3))
    """Whether the last looks were good; the registration's own was."""
    was_well: bool = True
    """Whether one of them was, when it last wrote its row: a lost registry keeps what it has."""
    has_left: bool = False


class FleetMachine(RuleBasedStateMachine):
    """One instance. A boot makes a newer agent; the older ones go on as if they did not know."""

    steps = 0
    """Of all runs so far."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self.table = table
        self.table.clear()
        self.clock = FakeClock()
        self.directory = tempfile.TemporaryDirectory(prefix="fleet-")
        self.config: Config = a_config(Path(self.directory.name))
        self.registry = Counted(table.registry)
        self.agents: list[Agent] = []
        self.boots = 0
        self.desired: str | None = None
        self.before: Row | None = None

    def teardown(self) -> None:
        self.directory.cleanup()

    @property
    def now_s(self) -> int:
        return int(self.clock.utcnow().timestamp())

    @initialize()
    def first_boot(self) -> None:
        self.boot(reboots=True)

    @rule(reboots=st.booleans())
    def boot(self, *, reboots: bool) -> None:
        """A boot that ends well registers; without a reboot it is a second agent beside us."""
        self.clock.advance(1)
        self.boots += reboots
        number = len(self.agents)
        row = self._new_row(f"registration-{number}", self.boots)
        held = self.table.row()
        try:
            self.registry.put(row, now=self.now_s)
        except Fenced:
            assert held is not None
            assert number_of(held, "lease_expires_at") >= self.now_s
            assert held["status"] != "terminated"
            assert held["boot_id"] == row["boot_id"]
            return
        served = a_served(row)
        directory = Path(self.directory.name) / str(number)
        agent = Agent(number=number, boot=self.boots, state_dir=directory, served=served)
        agent.state = recall(self._health(agent), served, self._journal(), self.config.health.rise)
        self.agents.append(agent)

    @precondition(lambda self: self.agents)
    @rule(data=st.data(), is_well=st.booleans())
    def container_changes(self, data: st.DataObject, *, is_well: bool) -> None:
        self._any(data).is_well = is_well

    @precondition(lambda self: self.agents)
    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        agent = self._any(data)
        self._look(agent)

    @precondition(lambda self: any(agent.looked for agent in self.agents))
    @rule(data=st.data(), loses_answer=st.booleans())
    def tell(self, data: st.DataObject, *, loses_answer: bool) -> None:
        agent = data.draw(st.sampled_from([a for a in self.agents if a.looked]), label="agent")
        self._tell(agent, loses_answer=loses_answer)

    @precondition(lambda self: self.agents)
    @rule(data=st.data(), count=st.integers(1, 4))
    def ticks(self, data: st.DataObject, count: int) -> None:
        agent = self._any(data)
        for _ in range(count):
            self.clock.advance(30)
            self._look(agent)
            self._tell(agent, loses_answer=False)
            self.always_holds()

    @rule(seconds=st.integers(1, 200))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @precondition(lambda self: self.agents)
    @rule(data=st.data(), is_noticed=st.booleans())
    def reap(self, data: st.DataObject, *, is_noticed: bool) -> None:
        self.table.delete()
        self.before = self.desired = None
        if is_noticed:
            agent = self._any(data)
            self._look(agent)
            self._tell(agent, loses_answer=False)

    @rule(desired=st.sampled_from(["maintenance", "in_service", None]))
    def operate(self, desired: str | None) -> None:
        if self.table.row() is not None:
            self.table.set_desired(desired)
            self.desired = desired

    @precondition(lambda self: self.agents)
    @rule(data=st.data(), status=st.sampled_from(LEAVING))
    def drain(self, data: st.DataObject, status: LeavingStatus) -> None:
        agent = self._any(data)
        agent.state_dir.mkdir(exist_ok=True)
        state = StateDirectory(agent.state_dir)
        state.drain_undone.unlink(missing_ok=True)
        record = {"schema": "ladybug.drain/1", "phase": status, "boot_id": agent.served.boot_id}
        state.drain.write_text(json.dumps(record))
        agent.has_left = True
        self.registry.leave(KEY, agent.served.registration_id, status, {"reason_code": "drained"})

    @precondition(lambda self: self.agents)
    @rule(data=st.data())
    def undo_drain(self, data: st.DataObject) -> None:
        """The operator's way back: from draining only, and never to healthy by itself."""
        agent = self._any(data)
        registration_id = agent.served.registration_id
        outcome = self.registry.undrain(KEY, registration_id, reason_code="drain_undone")
        if outcome.verdict == "written":
            agent.state_dir.mkdir(exist_ok=True)
            StateDirectory(agent.state_dir).drain_undone.touch()
            agent.has_left = False
            assert outcome.row["status"] == "unhealthy"
            self.before = None

    @invariant()
    def counted(self) -> None:
        FleetMachine.steps += 1

    @invariant()
    def always_holds(self) -> None:
        row, before = self.table.row(), self.before
        if row is None:
            self.desired = None
            self.before = None
            return
        agent = next(a for a in self.agents if a.served.registration_id == row["registration_id"])
        missing = set(agent.served.row) - set(row)
        assert not missing, f"a ghost row: without {missing}"
        assert not agent.has_left or row["status"] in LEAVING, "a resurrected row"
        assert row["status"] != "healthy" or agent.was_well, "healthy without a healthy container"
        assert row.get("desired") == self.desired, "the operator's word was changed"
        if before is not None:
            self._compare(before, row)
        self.before = dict(row)

    def _compare(self, before: Row, row: Row) -> None:
        is_newer = number_of(row, "booted_at") > number_of(before, "booted_at")
        if row["registration_id"] == before["registration_id"]:
            lease, old_lease = (number_of(r, "lease_expires_at") for r in (row, before))
            assert lease >= old_lease, "the lease went back"
            seq, old_seq = (number_of(r, "hb_seq") for r in (row, before))
            assert seq == 0 or seq >= old_seq, "the sequence went back"
            ranks = [_rank(r["status"]) for r in (before, row)]
            assert ranks[0] <= ranks[1], "a row that was leaving came back"
            return
        is_over = before["status"] == "terminated" or (
            number_of(before, "lease_expires_at") < self.now_s
        )
        assert is_newer or is_over, "a live registration was overwritten"

    def _look(self, agent: Agent) -> None:
        path = self._health(agent)
        agent.state = recall(path, agent.served, self._journal(), self.config.health.rise)
        check = Check(name="service", verdict="pass")
        if not agent.is_well:
            check = Check(name="service", verdict="fail", code="health_not_ok")
        look = Look(checks=(check,), latency_ms=1.0)
        now, mono, rules = self.clock.utcnow(), self.clock.monotonic(), self.config.health
        transition = judge(agent.state, look, rules, now, mono, fall=rules.fall)
        agent.state.mono_s = mono
        agent.looked = Verdict(look=look, transition=transition, freshness=FRESH, capacity=None)

    def _tell(self, agent: Agent, *, loses_answer: bool) -> None:
        verdict, agent.looked = agent.looked, None
        assert verdict is not None
        agent.looks.append(verdict.look.reason is None)
        before = self.table.row()
        self.registry.calls, self.registry.loses_next = 0, loses_answer
        tell_registry(self._run(agent), verdict)
        self.registry.loses_next = False
        assert self.registry.calls <= 2, "more than two calls"
        if self.table.row() != before:
            agent.was_well = any(agent.looks)
        write_state(self._health(agent), agent.state)

    def _run(self, agent: Agent) -> Run:
        config = a_config(agent.state_dir.parent, **{"instance.state_dir": str(agent.state_dir)})
        world = TickWorld(
            **dict.fromkeys(
                ("containers", "service", "mounts", "disks", "kernel_log", "machine"),
                cast("Any", None),
            ),
            registry=cast("Any", self.registry),
            cloud=cast("Any", self.registry),
        )
        return Run(
            config=config,
            world=world,
            served=agent.served,
            state=agent.state,
            clock=self.clock,
            journal=self._journal(),
            deadline=Deadline.after(20.0, self.clock),
            now=self.clock.utcnow(),
            mono=self.clock.monotonic(),
        )

    def _any(self, data: st.DataObject) -> Agent:
        return data.draw(st.sampled_from(self.agents), label="agent")

    def _health(self, agent: Agent) -> Path:
        return StateDirectory(agent.state_dir).health

    def _journal(self) -> Journal:
        return Journal(io.StringIO(), self.clock)

    def _new_row(self, registration_id: str, boot: int) -> dict[str, RowValue]:
        return {
            "instance_id": KEY,
            "registration_id": registration_id,
            "boot_id": f"boot-{boot}",
            "booted_at": 1_000_000 + boot,
            "created_at": "2026-02-06T12:00:00Z",
            "node_type": "shared_replica",
            "endpoint_url": "http://10.0.1.23:8001",
            "status": "healthy",
            "write_id": f"put-{registration_id}",
            "hb_seq": 0,
            "lease_seconds": 150,
            "lease_expires_at": self.now_s + 150,
            "last_health_check": "2026-02-06T12:00:00Z",
        }


def a_served(row: Row) -> Served:
    return Served(
        boot_id=str(row["boot_id"]),
        registration_id=str(row["registration_id"]),
        container_id="c" * 64,
        container_name="graph-api-shared",
        image="image:1",
        image_digest="sha256:1",
        image_id="sha256:1",
        user="1000:1000",
        data_source="/data",
        data_target="/app/data",
        databases=("sec",),
        port=8001,
        bind_address="127.0.0.1",
        snapshot_taken_at="",
        volume=None,
        row=dict(row),
    )


def number_of(row: Row, name: str) -> float:
    value = row[name]
    assert isinstance(value, int | float)
    return value


def _rank(status: object) -> int:
    return LEAVING.index(status) + 1 if status in LEAVING else 0


def run_fleet(make_table: Callable[[], Table], examples: int, *, shrinks: bool = True) -> int:
    """Run the machine so often, for up to 50 steps each; return how many steps there were."""
    FleetMachine.steps = 0
    make: Any = lambda: FleetMachine(make_table())  # noqa: E731 - hypothesis names it a class
    run_state_machine_as_test(
        make,
        settings=settings(
            max_examples=examples,
            stateful_step_count=50,
            report_multiple_bugs=False,
            phases=[Phase.generate, *([Phase.shrink] if shrinks else [])],
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return FleetMachine.steps
