"""The registration alone, for nodes that other scripts boot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.boot import Machine
from fakes.clock import FakeClock
from fakes.graphs import FakeGraphs
from fakes.instance import IDENTITY, FakeMachine, FakeMetadata
from fakes.registry import FakeRegistry
from fakes.service import FakeHttp, json_reply
from ladybug_agent.clock import Deadline
from ladybug_agent.config import InstanceConfig, RegistryConfig
from ladybug_agent.config.node import NodeConfig
from ladybug_agent.errors import Busy, ConfigError, Fenced, Refused
from ladybug_agent.exit_status import ExitStatus
from ladybug_agent.model import BootIdentity
from ladybug_agent.node.process import NodeWorld, run_register
from ladybug_agent.node.wish import NodeWish, Registered
from ladybug_agent.ports.registry import Row
from ladybug_agent.reader import is_routable
from ladybug_agent.state import StateDirectory

KEY = IDENTITY.instance_id
OTHER = "i-0fedcba9876543210"
MASTER = NodeWish(node_type="shared_master", databases=("sec",))
WRITER = NodeWish(node_type="writer", databases=())
SICK = json_reply({"status": "unhealthy"}, status=503)


class Node:
    """One node, its surroundings, and the script that registers it."""

    def __init__(self, tmp_path: Path, **parts: Any) -> None:
        self.clock = FakeClock()
        self.config = NodeConfig(
            instance=InstanceConfig(environment="test", state_dir=str(tmp_path / "state")),
            registry=RegistryConfig(table="instances", graph_table="graphs"),
            schema=1,
        )
        self.http = FakeHttp(self.clock)
        self.registry = FakeRegistry()
        self.graphs = FakeGraphs()
        made = {
            "metadata": FakeMetadata(),
            "http": self.http,
            "machine": FakeMachine(),
            "registry": self.registry,
            "graphs": self.graphs,
        }
        self.world = NodeWorld(**{**made, **parts})

    def register(self, wish: NodeWish = MASTER) -> Registered:
        return run_register(self.config, self.world, wish, Deadline.after(90.0, self.clock))

    @property
    def row(self) -> dict[str, Any]:
        return dict(self.registry.rows.get(KEY, {}))

    @property
    def now(self) -> float:
        return self.clock.utcnow().timestamp()


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def test_a_shared_master_is_registered_and_claims_its_graphs(node: Node) -> None:
    node.http.replies["/health"] = json_reply({"status": "healthy", "database_count": 2})
    done = node.register(replace(MASTER, databases=("sec", "industry")))
    assert (done.result, done.status, done.exit_status) == (
        "registered",
        "healthy",
        ExitStatus.GOOD,
    )
    assert done.graphs == {"sec": "claimed", "industry": "claimed"}
    row = node.row
    told = {name: row[name] for name in ("node_type", "repository_type", "shared_repositories")}
    assert told == {
        "node_type": "shared_master",
        "repository_type": "shared",
        "shared_repositories": "sec,industry",
    }
    assert (row["database_count"], row["replication_role"]) == (2, "none")
    assert row["cluster_group"] == "eu-central-1-shared-writers"
    assert is_routable(row, node.now)
    graph = node.graphs.rows["sec"]
    assert (graph["instance_id"], graph["entity_id"], graph["status"]) == (
        KEY,
        "shared_sec",
        "active",
    )


def test_a_writer_is_registered_and_claims_nothing(node: Node) -> None:
    done = node.register(replace(WRITER, databases=("kg1", "kg1_2025"), max_databases=10))
    assert (done.status, done.graphs, node.graphs.rows) == ("healthy", {}, {})
    row = node.row
    assert (row["node_type"], row["database_count"], row["max_databases"]) == ("writer", 1, 10)
    assert "repository_type" not in row
    assert row["cluster_group"] == "eu-central-1-writers-unknown"


def test_every_attribute_that_readers_use_is_there(node: Node) -> None:
    node.register()
    wanted = {
        "instance_id", "private_ip", "availability_zone", "instance_type", "region", "vpc_id",
        "private_dns", "node_type", "backend_type", "status", "database_count", "max_databases",
        "cluster_tier", "cluster_group", "endpoint_url", "created_at", "launch_time",
        "last_health_check", "replication_role", "available_capacity_pct", "cpu_utilization",
        "memory_utilization", "iops_utilization", "total_size_gb", "stack_name",
    }  # fmt: skip
    assert wanted - node.row.keys() == set()


def test_running_it_again_at_once_changes_nothing(node: Node) -> None:
    node.register()
    before, writes = node.row, (node.registry.writes, node.graphs.writes)
    done = node.register()
    assert (done.result, done.graphs) == ("kept", {"sec": "kept"})
    assert (node.row, (node.registry.writes, node.graphs.writes)) == (before, writes)


def test_running_it_again_later_renews_the_lease(node: Node) -> None:
    node.register()
    created, lease = node.row["created_at"], node.row["lease_expires_at"]
    node.clock.advance(100.0)
    assert node.register().result == "renewed"
    row = node.row
    assert (row["created_at"], row["lease_expires_at"] - lease, row["hb_seq"]) == (created, 100, 1)


def test_a_service_that_does_not_answer_well_is_not_said_to_be_healthy(node: Node) -> None:
    node.http.replies["/health"] = SICK
    done = node.register()
    assert (done.status, done.code, done.exit_status) == (
        "initializing",
        "health_not_ok",
        ExitStatus.NOT_GOOD,
    )
    assert (node.row["status"], node.graphs.rows) == ("initializing", {})


def test_a_service_that_has_gone_bad_is_said_so_and_heals(node: Node) -> None:
    node.register()
    good = node.http.replies["/health"]
    node.http.replies["/health"] = SICK
    assert (node.register().status, node.row["reason_code"]) == ("unhealthy", "health_not_ok")
    node.http.replies["/health"] = good
    assert node.register().status == "healthy"
    assert "reason_code" not in node.row


def test_a_service_that_starts_is_waited_for(tmp_path: Path) -> None:
    clock = FakeClock()
    node = Node(tmp_path, http=FakeHttp(clock, answers_after_s=20.0))
    node.clock = clock
    assert node.register(replace(MASTER, wait_s=60.0)).status == "healthy"
    assert 20.0 <= clock.passed_s < 24.0


@pytest.mark.parametrize("status", ["draining", "terminating", "terminated"])
def test_a_row_that_leaves_does_not_come_back(node: Node, status: str) -> None:
    node.register()
    node.registry.rows[KEY] = {**node.row, "status": status}
    with pytest.raises(Refused) as refusal:
        node.register()
    assert (refusal.value.code, node.row["status"]) == ("registration_leaving", status)


def test_another_live_registration_is_not_overwritten(node: Node) -> None:
    node.register()
    theirs = {**node.row, "registration_id": "somebody-else", "write_id": "theirs"}
    node.registry.rows[KEY] = theirs
    with pytest.raises(Fenced):
        node.register()
    assert (node.row, node.graphs.writes) == (theirs, 1)


def test_an_old_process_that_comes_back_is_fenced(node: Node) -> None:
    node.register()
    newer = {**node.row, "registration_id": "of-a-newer-boot", "boot_id": "boot-9"}
    node.registry.rows[KEY] = {**newer, "booted_at": int(node.row["booted_at"]) + 3600}
    with pytest.raises(Fenced):
        node.register()


def test_a_new_boot_takes_the_row_over(tmp_path: Path) -> None:
    first = Node(tmp_path / "first")
    first.register()
    boot = BootIdentity(boot_id="boot-9", booted_at=int(first.row["booted_at"]) + 3600)
    second = Node(tmp_path / "second", registry=first.registry, machine=FakeMachine(boot=boot))
    assert second.register().result == "registered"
    assert first.row["boot_id"] == "boot-9"


def test_a_row_that_a_reaper_deleted_is_written_anew(node: Node) -> None:
    node.register()
    node.clock.advance(100.0)
    beat = node.registry.beat

    def reaped(beaten: Any) -> Any:
        node.registry.rows.clear()
        return beat(beaten)

    node.registry.beat = reaped  # type: ignore[method-assign,assignment]
    assert (node.register().result, node.row["status"]) == ("registered", "healthy")


def test_what_the_operator_wants_is_kept(node: Node) -> None:
    node.register()
    node.registry.rows[KEY] = {**node.row, "desired": "maintenance"}
    node.clock.advance(100.0)
    node.register()
    assert node.row["desired"] == "maintenance"
    assert not is_routable(node.row, node.now)


def an_owner(node: Node, **changes: Any) -> Row:
    row: Row = {
        "instance_id": OTHER,
        "status": "healthy",
        "lease_expires_at": int(node.now) + 100,
        **changes,
    }
    node.registry.rows[OTHER] = row
    node.graphs.rows["sec"] = {"graph_id": "sec", "instance_id": OTHER, "status": "active"}
    return row


def test_a_graph_of_a_live_owner_is_not_claimed(node: Node) -> None:
    an_owner(node)
    before = dict(node.graphs.rows)
    done = node.register()
    assert (done.graphs, done.exit_status) == ({"sec": "held"}, ExitStatus.FENCED)
    assert (node.graphs.rows, node.row["status"]) == (before, "healthy")


@pytest.mark.parametrize("status", ["initializing", "unhealthy", "draining"])
def test_an_owner_that_is_not_well_lives_all_the_same(node: Node, status: str) -> None:
    an_owner(node, status=status)
    assert node.register().graphs == {"sec": "held"}


def test_an_owner_of_other_software_has_no_lease_and_lives(node: Node) -> None:
    node.registry.rows[OTHER] = {"instance_id": OTHER, "status": "healthy"}
    node.graphs.rows["sec"] = {"graph_id": "sec", "instance_id": OTHER}
    assert node.register().graphs == {"sec": "held"}


@pytest.mark.parametrize("changes", [{"status": "terminated"}, {"lease_expires_at": 0}])
def test_a_graph_of_an_owner_that_has_gone_is_claimed(node: Node, changes: Any) -> None:
    an_owner(node, **changes)
    assert node.register().graphs == {"sec": "claimed"}


def test_a_graph_of_an_owner_without_a_row_is_claimed(node: Node) -> None:
    node.graphs.rows["sec"] = {"graph_id": "sec", "instance_id": OTHER}
    assert node.register().graphs == {"sec": "claimed"}


def test_two_masters_that_claim_at_once_do_not_both_get_it(node: Node) -> None:
    node.graphs.before_claim = lambda: an_owner(node)
    assert node.register().graphs == {"sec": "held"}
    assert node.graphs.rows["sec"]["instance_id"] == OTHER


def test_a_master_without_a_graph_registry_is_a_mistake(tmp_path: Path) -> None:
    node = Node(tmp_path, graphs=None)
    with pytest.raises(ConfigError):
        node.register()
    assert node.row == {}


def test_a_replica_is_never_registered_as_anything_else(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    assert machine.boot().error is None
    node = Node(tmp_path)
    node.config = replace(
        node.config,
        instance=replace(node.config.instance, state_dir=machine.config.instance.state_dir),
    )
    with pytest.raises(Refused) as refusal:
        node.register()
    assert (refusal.value.code, node.row, node.graphs.rows) == ("node_is_a_replica", {}, {})


def test_an_instance_that_is_taken_away_is_not_registered(tmp_path: Path) -> None:
    node = Node(tmp_path, metadata=FakeMetadata(target_lifecycle_state="Terminated"))
    with pytest.raises(Refused):
        node.register()
    assert node.row == {}


def test_two_at_once_are_one_too_many(node: Node) -> None:
    with StateDirectory(Path(node.config.instance.state_dir)).locked(), pytest.raises(Busy):
        node.register()
