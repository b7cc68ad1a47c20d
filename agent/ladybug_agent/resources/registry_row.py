"""The row of a replica in the instance registry, attribute by attribute.

Attribute names, types and meanings are public API: other software reads the table.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from ladybug_agent import __version__
from ladybug_agent.clock import iso_utc
from ladybug_agent.config import Config
from ladybug_agent.model import BootIdentity, Load
from ladybug_agent.ports import RowValue
from ladybug_agent.resources.hydration.readiness import ReadyService
from ladybug_agent.resources.servable import ServedData
from ladybug_agent.resources.service import HealthyService
from ladybug_agent.resources.snapshot import VerifiedSnapshot

SCHEMA_VERSION = 1
TTL_S = 7 * 24 * 3600
GB = 1000**3


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """What tells this registration from every other one of the same instance."""

    registration_id: str
    """One for each boot of the machine; kept in the state directory, lost at reboot."""
    boot: BootIdentity


def registry_row(
    ready: ReadyService, fence: Fence, config: Config, load: Load, now: datetime
) -> dict[str, RowValue]:
    """Return the whole row of a healthy replica."""
    service = ready.service
    return {
        **_identity(service, config, now),
        **_capacity(service, load),
        **fence_and_lease(fence, config.registry.lease_s, now),
        **_lineage(service),
        **_warmth(ready),
    }


def _identity(service: HealthyService, config: Config, now: datetime) -> dict[str, RowValue]:
    instance = service.container.servable.data.instance
    group = config.instance.cluster_group or f"{instance.region}-shared-replicas"
    databases = service.container.servable.data.databases
    return {
        "instance_id": instance.instance_id,
        "private_ip": instance.private_ip,
        "private_dns": instance.private_dns,
        "availability_zone": instance.availability_zone,
        "instance_type": instance.instance_type,
        "region": instance.region,
        "vpc_id": instance.vpc_id,
        "node_type": "shared_replica",
        "backend_type": "ladybug",
        "repository_type": "shared",
        "shared_repositories": ",".join(config.data.databases),
        "status": "healthy",
        "database_count": len(databases),
        "max_databases": len(databases),
        "cluster_tier": config.instance.cluster_tier,
        "cluster_group": group,
        "endpoint_url": f"http://{instance.private_ip}:{config.container.port}",
        "created_at": iso_utc(now),
        "launch_time": iso_utc(instance.launched_at),
        "last_health_check": iso_utc(now),
        "replication_role": "replica",
        "stack_name": config.signals.stack_name,
        "environment": config.instance.environment,
    }


def _capacity(service: HealthyService, load: Load) -> dict[str, RowValue]:
    data = service.container.servable.data
    volume = data.mount.device.volume.attached if isinstance(data, VerifiedSnapshot) else None
    iops = volume.iops if volume else 0
    iops_pct = min(100.0, round(100 * load.data_reads_per_s / iops, 1)) if iops else 0.0
    busiest = max(load.cpu_pct, load.memory_pct, iops_pct)
    return {
        "cpu_utilization": load.cpu_pct,
        "memory_utilization": load.memory_pct,
        "iops_utilization": iops_pct,
        "available_capacity_pct": round(max(0.0, 100 - busiest), 1),
        "total_size_gb": round(data.size_bytes / GB, 3),
    }


def fence_and_lease(fence: Fence, lease_s: int, now: datetime) -> dict[str, RowValue]:
    seconds = int(now.timestamp())
    return {
        "schema_version": SCHEMA_VERSION,
        "agent_version": __version__,
        "registration_id": fence.registration_id,
        "boot_id": fence.boot.boot_id,
        "booted_at": fence.boot.booted_at,
        "write_id": str(uuid.uuid4()),
        "hb_seq": 0,
        "lease_seconds": lease_s,
        "lease_expires_at": seconds + lease_s,
        # DynamoDB deletes expired items within days: garbage collection, never a sign of life.
        "ttl": seconds + TTL_S,
    }


def _lineage(service: HealthyService) -> dict[str, RowValue]:
    servable = service.container.servable
    return {
        **_origin(servable.data),
        "image": servable.image.configured,
        "image_digest": servable.image.digest,
        "version_check": servable.version_check,
        "container_id": service.container.container_id,
    }


def _warmth(ready: ReadyService) -> dict[str, RowValue]:
    reasons = ready.degraded_reasons
    return {
        "degraded": bool(reasons),
        "degraded_reasons": ",".join(reasons),
        "hydration_state": ready.hydration_state,
        "hydration_pct": ready.hydration_pct,
    }


def _origin(data: ServedData) -> dict[str, RowValue]:
    """Return where the data comes from, and by whose word."""
    if not isinstance(data, VerifiedSnapshot):
        return {"data_state": "empty by request"}
    device, lineage = data.mount.device, data.lineage
    return {
        "data_state": "snapshot",
        "volume_id": device.volume.volume_id,
        "volume_check": "unverified" if device.volume.unverified else "verified",
        "snapshot_id": device.volume.snapshot_id,
        "snapshot_taken_at": iso_utc(lineage.taken_at) if lineage.taken_at else "",
        "snapshot_volume_id": lineage.source_volume_id,
        "filesystem_uuid": device.filesystem_uuid,
        "database_uuids": ",".join(d.header.database_uuid for d in data.databases),
    }
