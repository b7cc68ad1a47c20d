"""The registration: one conditional write, or none if the row already says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fakes.build import a_config
from fakes.clock import FakeClock
from fakes.evidence import a_ready_service
from fakes.instance import BOOT
from fakes.registry import FakeRegistry
from ladybug_agent.errors import ConfigError, ExternalFailure, Fenced
from ladybug_agent.exit_status import exit_status
from ladybug_agent.model import BootIdentity, Load
from ladybug_agent.ports import Row, RowValue
from ladybug_agent.resources.hydration.readiness import ReadyService
from ladybug_agent.resources.registration import Registration, ensure_registered
from ladybug_agent.resources.registry_row import Fence, registry_row

IDLE = Load(cpu_pct=1.0, memory_pct=2.0, data_reads_per_s=3.0)
BUSY = Load(cpu_pct=99.0, memory_pct=80.0, data_reads_per_s=3000.0)
KEY = "i-0123456789abcdef0"
OURS = Fence(registration_id="reg-1", boot=BOOT)


class Agent:
    """An agent with a healthy service, which registers it whenever it is asked to."""

    def __init__(self, tmp_path: Path, clock: FakeClock, fence: Fence = OURS) -> None:
        self._clock = clock
        self._config = a_config(tmp_path)
        self._fence = fence
        self.ready = a_ready_service(tmp_path)
        self.load = IDLE

    def row(self, ready: ReadyService) -> dict[str, RowValue]:
        return registry_row(ready, self._fence, self._config, self.load, self._clock.utcnow())

    def register(self, registry: FakeRegistry) -> Registration:
        return ensure_registered(registry, self.ready, self.row, self._clock.utcnow)


@pytest.fixture
def agent(tmp_path: Path, clock: FakeClock) -> Agent:
    return Agent(tmp_path, clock)


def held_by_other(agent: Agent, **changes: RowValue) -> Row:
    """Return a live row of another registration in the same boot."""
    return {**agent.row(agent.ready), "registration_id": "reg-other", **changes}


def test_a_replica_without_a_row_is_registered(agent: Agent) -> None:
    registry = FakeRegistry()
    registration = agent.register(registry)
    assert (registry.rows[KEY], registration.written_here) == (registration.row, True)


def test_a_row_that_already_says_so_is_not_written_again(agent: Agent) -> None:
    registry = FakeRegistry()
    first = agent.register(registry)
    again = agent.register(registry)
    assert (again.row["write_id"], again.written_here) == (first.row["write_id"], False)


def test_a_change_of_load_alone_is_not_written(agent: Agent) -> None:
    registry = FakeRegistry()
    agent.register(registry)
    agent.load = BUSY
    assert not agent.register(registry).written_here


def test_a_lease_with_more_than_half_left_is_not_written(agent: Agent, clock: FakeClock) -> None:
    registry = FakeRegistry()
    agent.register(registry)
    clock.advance(75.0)
    assert not agent.register(registry).written_here


def test_a_lease_that_is_half_over_is_written_again(agent: Agent, clock: FakeClock) -> None:
    registry = FakeRegistry()
    first = agent.register(registry)
    clock.advance(76.0)
    assert agent.register(registry).written_here
    lease = int(registry.rows[KEY]["lease_expires_at"]) - int(first.row["lease_expires_at"])
    assert lease == 76


def test_another_container_is_written(agent: Agent) -> None:
    registry = FakeRegistry()
    agent.register(registry)
    container = replace(agent.ready.service.container, container_id="f" * 64)
    service = replace(agent.ready.service, container=container)
    agent.ready = replace(agent.ready, service=service)
    assert agent.register(registry).written_here
    assert registry.rows[KEY]["container_id"] == "f" * 64


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("data_state", "empty by request"),
        ("volume_check", "unverified"),
        ("volume_id", "vol-0aaaaaaaaaaaaaaaa"),
        ("snapshot_id", ""),
        ("degraded_reasons", "stale_snapshot"),
    ],
)
def test_another_word_on_the_data_is_written(name: str, value: RowValue, agent: Agent) -> None:
    registry = FakeRegistry({**agent.row(agent.ready), name: value})
    assert agent.register(registry).written_here
    assert registry.rows[KEY][name] != value


def test_a_row_of_an_agent_that_knew_less_is_written_again(agent: Agent) -> None:
    older = {k: v for k, v in agent.row(agent.ready).items() if k != "volume_check"}
    assert agent.register(FakeRegistry(older)).written_here


def test_a_row_that_was_made_unhealthy_is_written_again(agent: Agent) -> None:
    registry = FakeRegistry({**agent.row(agent.ready), "status": "unhealthy"})
    agent.register(registry)
    assert registry.rows[KEY]["status"] == "healthy"


def test_the_row_is_of_the_moment_of_the_write(agent: Agent, clock: FakeClock) -> None:
    registry = FakeRegistry()
    clock.advance(90.0)
    assert agent.register(registry).row["created_at"] == "2026-02-06T12:01:30Z"


def test_another_live_registration_is_never_overwritten(agent: Agent) -> None:
    held = held_by_other(agent)
    registry = FakeRegistry(held)
    with pytest.raises(Fenced, match="held by reg-other") as caught:
        agent.register(registry)
    assert registry.rows[KEY] == held
    assert (caught.value.code, exit_status(caught.value)) == ("registration_fenced", 3)


@pytest.mark.parametrize("status", ["initializing", "unhealthy", "draining", "terminating"])
def test_another_registration_is_live_in_every_status_but_terminated(
    status: str, agent: Agent
) -> None:
    with pytest.raises(Fenced):
        agent.register(FakeRegistry(held_by_other(agent, status=status)))


def test_a_terminated_registration_gives_way(agent: Agent) -> None:
    registry = FakeRegistry(held_by_other(agent, status="terminated"))
    agent.register(registry)
    assert registry.rows[KEY]["registration_id"] == "reg-1"


def test_a_lease_that_ran_out_gives_way(agent: Agent, clock: FakeClock) -> None:
    registry = FakeRegistry(held_by_other(agent))
    clock.advance(151.0)
    agent.register(registry)
    assert registry.rows[KEY]["registration_id"] == "reg-1"


def test_a_lease_holds_to_its_last_second(agent: Agent, clock: FakeClock) -> None:
    registry = FakeRegistry(held_by_other(agent))
    clock.advance(150.0)
    with pytest.raises(Fenced):
        agent.register(registry)


def test_a_registration_of_an_older_boot_gives_way(agent: Agent) -> None:
    older = held_by_other(agent, boot_id="an-older-boot", booted_at=BOOT.booted_at - 600)
    registry = FakeRegistry(older)
    agent.register(registry)
    assert registry.rows[KEY]["registration_id"] == "reg-1"


def test_an_older_boot_never_takes_the_row_back(
    agent: Agent, tmp_path: Path, clock: FakeClock
) -> None:
    registry = FakeRegistry()
    agent.register(registry)
    older = Fence(
        registration_id="reg-0",
        boot=BootIdentity(boot_id="an-older-boot", booted_at=BOOT.booted_at - 600),
    )
    with pytest.raises(Fenced):
        Agent(tmp_path, clock, older).register(registry)


def test_a_row_that_no_agent_wrote_gives_way(agent: Agent) -> None:
    registry = FakeRegistry({"instance_id": KEY, "status": "healthy", "created_at": "2025"})
    agent.register(registry)
    assert registry.rows[KEY]["registration_id"] == "reg-1"


@pytest.mark.parametrize(
    "error",
    [
        ConfigError("registry_table_missing", "found no such table"),
        ExternalFailure("aws_throttled", "dynamodb:PutItem is still throttled"),
        ExternalFailure("aws_access_denied", "may not call dynamodb:PutItem"),
    ],
    ids=lambda error: error.code,
)
def test_a_registry_that_fails_says_so(error: ConfigError | ExternalFailure, agent: Agent) -> None:
    with pytest.raises(type(error)) as caught:
        agent.register(FakeRegistry(raises=error))
    assert caught.value is error


def test_the_table_knows_its_own_write_when_it_comes_twice(agent: Agent) -> None:
    row = agent.row(agent.ready)
    registry = FakeRegistry({**row, "registration_id": "reg-changed-meanwhile"})
    registry.put(row, now=0)
    assert registry.writes == 0
