"""One run of `register`: look at the service, write the row, and for a master claim its graphs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import structlog

from ladybug_agent.clock import Deadline
from ladybug_agent.config.node import NodeConfig
from ladybug_agent.errors import AgentError, ConfigError, DeadlineExceeded, Refused, reason
from ladybug_agent.node.graphs import SharedMaster, claim_graphs
from ladybug_agent.node.renewal import write_node
from ladybug_agent.node.row import Node, count_databases, node_row, with_load
from ladybug_agent.node.wish import NodeWish, Registered
from ladybug_agent.ports import Http, InstanceMetadata, InstanceRegistry, Machine
from ladybug_agent.ports.graphs import GraphRegistry
from ladybug_agent.ports.registry import Row
from ladybug_agent.resources.identity import await_identity
from ladybug_agent.resources.registry_row import Fence
from ladybug_agent.resources.service_answers import judge_health
from ladybug_agent.served import read_served
from ladybug_agent.state import StateDirectory
from ladybug_agent.waiting import STEADY, wait_until

log = structlog.get_logger(__name__)

Status = Literal["healthy", "unhealthy", "initializing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeWorld:
    metadata: InstanceMetadata
    http: Http
    machine: Machine
    registry: InstanceRegistry
    graphs: GraphRegistry | None
    """None where `registry.graph_table` is not set."""


def run_register(
    config: NodeConfig, world: NodeWorld, wish: NodeWish, deadline: Deadline
) -> Registered:
    """Say that the node is here, and how it is by its own `/health`; run it again to renew.

    Raises Fenced if another live registration holds the instance, Refused if it leaves or serves a
    replica, Busy while a boot or another registration runs.
    """
    if wish.node_type == "shared_master" and world.graphs is None:
        raise ConfigError(
            "graph_table_not_set",
            "a shared master claims its graphs, and `registry.graph_table` names no table",
            hint="set `registry.graph_table`",
        )
    state = StateDirectory(Path(config.instance.state_dir))
    with state.locked():
        boot = world.machine.boot()
        _refuse_replica(state, boot.boot_id)
        fence = Fence(registration_id=state.registration_id(), boot=boot)
        instance = await_identity(world.metadata, deadline)
        error = _look(world, wish, deadline)
        node = Node(config=config, wish=wish, instance=instance, fence=fence)
        return _register(node, world, deadline, error)


def _refuse_replica(state: StateDirectory, boot_id: str) -> None:
    served = read_served(state.served)
    if served is not None and served.boot_id == boot_id:
        raise Refused(
            "node_is_a_replica",
            "this instance serves a replica, which `bootstrap` has registered",
            hint="a replica is never registered as something else, and claims no graphs",
        )


def _look(world: NodeWorld, wish: NodeWish, deadline: Deadline) -> AgentError | None:
    """Ask the service itself; return why it is not healthy, or None."""
    url = f"http://127.0.0.1:{wish.port}{wish.health_path}"

    def look() -> int:
        return judge_health(world.http.get(url), count_databases(wish), "graph-api")

    try:
        wait_until(
            look, "the service to be healthy", deadline=deadline.capped(wish.wait_s), pace=STEADY
        )
    except DeadlineExceeded as error:
        return reason(error)
    return None


def _register(
    node: Node, world: NodeWorld, deadline: Deadline, error: AgentError | None
) -> Registered:
    wish, fence = node.wish, node.fence
    instance_id = node.instance.instance_id
    utcnow = deadline.clock.utcnow
    held = world.registry.row(instance_id)
    ours = held if held and held.get("registration_id") == fence.registration_id else None
    row = with_load(node_row(node, utcnow()), world.machine.load(None))
    row["status"] = _status(ours, error)
    if error is not None:
        row["reason_code"] = error.code
    written = write_node(world.registry, row, ours, int(utcnow().timestamp()))
    log.info("node_registered", result=written, status=row["status"], node_type=wish.node_type)
    graphs = {}
    if wish.node_type == "shared_master" and world.graphs is not None and error is None:
        master = SharedMaster(
            instance_id=instance_id,
            registration_id=fence.registration_id,
            databases=wish.databases,
        )
        graphs = claim_graphs(world.registry, world.graphs, master, utcnow())
    return Registered(
        result=written,
        status=str(row["status"]),
        code=error.code if error else "",
        message=str(error) if error else "",
        graphs=graphs,
        instance_id=instance_id,
    )


def _status(ours: Row | None, error: AgentError | None) -> Status:
    """Return what can be said: a node that has never been healthy is still initializing."""
    if error is None:
        return "healthy"
    return (
        "unhealthy" if ours and ours.get("status") in {"healthy", "unhealthy"} else "initializing"
    )
