"""The row of a node that is no replica. Attribute names, types and meanings are public API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ladybug_agent.clock import iso_utc
from ladybug_agent.config.node import NodeConfig
from ladybug_agent.model import InstanceIdentity, Load
from ladybug_agent.node.wish import NodeWish
from ladybug_agent.ports.registry import RowValue
from ladybug_agent.resources.registry_row import Fence, fence_and_lease

FIXED = frozenset({"instance_id", "created_at", "registration_id", "hb_seq", "write_id"})
"""What a renewal leaves as it is, or what the heartbeat itself sets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Who is registered, as what, under which fence."""

    config: NodeConfig
    wish: NodeWish
    instance: InstanceIdentity
    fence: Fence


def node_row(node: Node, now: datetime) -> dict[str, RowValue]:
    """Return the row, without what is measured: `status` and the load."""
    instance, wish, config, fence = node.instance, node.wish, node.config, node.fence
    return {
        "instance_id": instance.instance_id,
        "private_ip": instance.private_ip,
        "private_dns": instance.private_dns,
        "availability_zone": instance.availability_zone,
        "instance_type": instance.instance_type,
        "region": instance.region,
        "vpc_id": instance.vpc_id,
        "node_type": wish.node_type,
        "backend_type": "ladybug",
        **_repositories(wish),
        "database_count": count_databases(wish),
        "max_databases": wish.max_databases or count_databases(wish) or 1,
        "tier": config.instance.cluster_tier,
        "cluster_tier": config.instance.cluster_tier,
        "cluster_group": _group(instance, wish, config),
        "environment": config.instance.environment,
        "endpoint_url": f"http://{instance.private_ip}:{wish.port}",
        "created_at": iso_utc(now),
        "launch_time": iso_utc(instance.launched_at),
        "last_health_check": iso_utc(now),
        "replication_role": "none",
        "stack_name": config.signals.stack_name,
        "total_size_gb": 0,
        **fence_and_lease(fence, config.registry.lease_s, now),
    }


def with_load(row: dict[str, RowValue], load: Load) -> dict[str, RowValue]:
    busiest = max(load.cpu_pct, load.memory_pct)
    return {
        **row,
        "cpu_utilization": load.cpu_pct,
        "memory_utilization": load.memory_pct,
        "iops_utilization": 0,
        "available_capacity_pct": round(max(0.0, 100 - busiest), 1),
    }


def count_databases(wish: NodeWish) -> int:
    """Return how many places are taken: on a writer, a subgraph shares the place of its parent.

    >>> count_databases(NodeWish(node_type="writer", databases=("kg1", "kg1_2025")))
    1
    """
    if wish.node_type == "shared_master":
        return len(wish.databases)
    return sum("_" not in name for name in wish.databases)


def _repositories(wish: NodeWish) -> dict[str, RowValue]:
    if wish.node_type != "shared_master":
        return {}
    return {"repository_type": "shared", "shared_repositories": ",".join(wish.databases)}


def _group(instance: InstanceIdentity, wish: NodeWish, config: NodeConfig) -> str:
    if config.instance.cluster_group:
        return config.instance.cluster_group
    if wish.node_type == "shared_master":
        return f"{instance.region}-shared-writers"
    return f"{instance.region}-writers-{config.signals.auto_scaling_group or 'unknown'}"
