"""Claims of the graph registry: for a shared master, and never over an owner that lives."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

import structlog

from ladybug_agent.clock import iso_utc
from ladybug_agent.node.wish import Claim
from ladybug_agent.ports import InstanceRegistry
from ladybug_agent.ports.graphs import GraphRegistry
from ladybug_agent.ports.registry import Row, RowValue
from ladybug_agent.reader import SKEW_S

log = structlog.get_logger(__name__)

TRIES = 3
"""Another master may write between our look and our claim, but hardly three times."""
ENDED = frozenset({"terminating", "terminated"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedMaster:
    """Evidence: the registry says that this shared master is here and healthy, under our fence."""

    instance_id: str
    registration_id: str
    databases: tuple[str, ...]


def claim_graphs(
    registry: InstanceRegistry, graphs: GraphRegistry, master: SharedMaster, now: datetime
) -> dict[str, Claim]:
    """Claim the row of each database that no other live instance has."""
    return {name: _claim(registry, graphs, master, name, now) for name in master.databases}


def _claim(
    registry: InstanceRegistry,
    graphs: GraphRegistry,
    master: SharedMaster,
    name: str,
    now: datetime,
) -> Claim:
    for _ in range(TRIES):
        seen = graphs.graph(name)
        owner = str(seen.get("instance_id", "")) if seen else ""
        if seen and owner == master.instance_id:
            if seen.get("registration_id") == master.registration_id:
                return "kept"
        elif owner and is_alive(registry.row(owner), now.timestamp()):
            log.error("graph_held", graph_id=name, owner=owner)
            return "held"
        if graphs.claim(name, _values(master, name, now), seen=seen):
            log.info("graph_claimed", graph_id=name, before=owner)
            return "claimed"
    return "held"


def is_alive(row: Row | None, now_s: float) -> bool:
    """Return whether an instance may still serve its graphs, by its row in the instance registry.

    One that has no row is gone. A row without a lease is not an agent's: its status has to do.
    """
    if row is None or row.get("status") in ENDED:
        return False
    lease = row.get("lease_expires_at")
    return lease is None or now_s <= float(lease) + SKEW_S


def _values(master: SharedMaster, name: str, now: datetime) -> dict[str, RowValue]:
    return {
        "instance_id": master.instance_id,
        "registration_id": master.registration_id,
        "write_id": str(uuid.uuid4()),
        "backend_type": "ladybug",
        "status": "active",
        "repository_type": "shared",
        "entity_id": f"shared_{name}",
        "created_at": iso_utc(now),
        "updated_at": iso_utc(now),
    }
