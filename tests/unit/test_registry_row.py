"""The row: every attribute that today's readers use, and the agent's own."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.build import a_config
from fakes.clock import STARTED_AT
from fakes.evidence import (
    a_container,
    a_database,
    a_device,
    a_mount,
    a_ready_service,
    a_servable,
    a_snapshot,
    a_volume,
)
from fakes.instance import BOOT, VOLUME
from ladybug_agent import __version__
from ladybug_agent.config import Config
from ladybug_agent.model import Load
from ladybug_agent.model.storage import AttachedVolume
from ladybug_agent.ports import RowValue
from ladybug_agent.resources.contents.database import Database
from ladybug_agent.resources.hydration.readiness import ReadyService
from ladybug_agent.resources.registry_row import Fence, registry_row
from ladybug_agent.resources.servable import ServedData

LOAD = Load(cpu_pct=12.5, memory_pct=20.0, data_reads_per_s=30.0)
FENCE = Fence(registration_id="reg-1", boot=BOOT)
DATABASES = (a_database(pages=1_000_000), a_database("industry", pages=250_000))


def a_row(
    tmp_path: Path,
    *,
    config: Config | None = None,
    load: Load = LOAD,
    databases: tuple[Database, ...] = DATABASES,
    attached: AttachedVolume | None = VOLUME,
) -> dict[str, RowValue]:
    mount = a_mount(tmp_path, device=a_device(volume=a_volume(attached=attached)))
    snapshot = a_snapshot(tmp_path, *databases, mount=mount)
    names = tuple(database.name for database in databases)
    settings = config or a_config(
        tmp_path, **{"data.databases": names, "signals.stack_name": "replicas-test"}
    )
    return registry_row(serving(tmp_path, snapshot), FENCE, settings, load, STARTED_AT)


def serving(tmp_path: Path, data: ServedData) -> ReadyService:
    """Return a healthy service over the data."""
    servable = a_servable(tmp_path, data=data)
    return a_ready_service(tmp_path, container=a_container(tmp_path, servable=servable))


READERS_EXPECT: dict[str, RowValue] = {
    "instance_id": "i-0123456789abcdef0",
    "private_ip": "10.0.1.23",
    "availability_zone": "eu-central-1a",
    "instance_type": "r7g.medium",
    "region": "eu-central-1",
    "vpc_id": "vpc-0123456789abcdef0",
    "private_dns": "ip-10-0-1-23.eu-central-1.compute.internal",
    "node_type": "shared_replica",
    "backend_type": "ladybug",
    "repository_type": "shared",
    "shared_repositories": "sec,industry",
    "status": "healthy",
    "database_count": 2,
    "max_databases": 2,
    "cluster_tier": "ladybug-shared",
    "cluster_group": "eu-central-1-shared-replicas",
    "endpoint_url": "http://10.0.1.23:8001",
    "created_at": "2026-02-06T12:00:00Z",
    "launch_time": "2026-02-06T11:59:30Z",
    "last_health_check": "2026-02-06T12:00:00Z",
    "replication_role": "replica",
    "available_capacity_pct": 80.0,
    "cpu_utilization": 12.5,
    "memory_utilization": 20.0,
    "iops_utilization": 1.0,
    "total_size_gb": 5.12,
    "stack_name": "replicas-test",
}


@pytest.mark.parametrize(("name", "value"), READERS_EXPECT.items(), ids=READERS_EXPECT.keys())
def test_readers_find_each_attribute_with_its_type(
    name: str, value: RowValue, tmp_path: Path
) -> None:
    found = a_row(tmp_path)[name]
    assert (found, type(found)) == (value, type(value))


def test_the_agent_adds_its_own_attributes_and_no_others(tmp_path: Path) -> None:
    assert sorted(set(a_row(tmp_path)) - set(READERS_EXPECT)) == [
        "agent_version",
        "boot_id",
        "booted_at",
        "container_id",
        "data_state",
        "database_uuids",
        "degraded",
        "degraded_reasons",
        "environment",
        "filesystem_uuid",
        "hb_seq",
        "hydration_pct",
        "hydration_state",
        "image",
        "image_digest",
        "lease_expires_at",
        "lease_seconds",
        "registration_id",
        "schema_version",
        "snapshot_id",
        "snapshot_taken_at",
        "snapshot_volume_id",
        "ttl",
        "version_check",
        "volume_check",
        "volume_id",
        "write_id",
    ]


def test_the_fence_and_the_lease_are_in_the_row(tmp_path: Path) -> None:
    row = a_row(tmp_path)
    now = int(STARTED_AT.timestamp())
    assert (row["registration_id"], row["boot_id"], row["booted_at"]) == (
        "reg-1",
        BOOT.boot_id,
        BOOT.booted_at,
    )
    assert (row["lease_seconds"], row["lease_expires_at"]) == (150, now + 150)


def test_the_lineage_of_the_data_is_in_the_row(tmp_path: Path) -> None:
    row = a_row(tmp_path)
    assert (row["volume_id"], row["snapshot_id"], row["agent_version"]) == (
        "vol-0123456789abcdef0",
        "snap-0123456789abcdef0",
        __version__,
    )


def test_every_row_has_a_write_id_of_its_own(tmp_path: Path) -> None:
    one, other = a_row(tmp_path)["write_id"], a_row(tmp_path)["write_id"]
    assert uuid.UUID(str(one)) != uuid.UUID(str(other))


def test_garbage_is_collected_long_after_the_lease(tmp_path: Path) -> None:
    row = a_row(tmp_path)
    assert int(row["ttl"]) - int(row["lease_expires_at"]) > 6 * 24 * 3600


def test_no_attribute_of_an_index_is_empty(tmp_path: Path) -> None:
    # DynamoDB refuses an empty text in the key of a table or an index.
    row = a_row(tmp_path)
    keys = ("instance_id", "status", "cluster_tier", "backend_type")
    assert [name for name in keys if not row[name]] == []


def test_a_configured_group_counts(tmp_path: Path) -> None:
    config = a_config(tmp_path, **{"instance.cluster_group": "blue"})
    assert a_row(tmp_path, config=config)["cluster_group"] == "blue"


def test_the_busiest_resource_limits_the_capacity(tmp_path: Path) -> None:
    load = replace(LOAD, data_reads_per_s=2700.0)
    row = a_row(tmp_path, load=load)
    assert (row["iops_utilization"], row["available_capacity_pct"]) == (90.0, 10.0)


def test_a_burst_beyond_the_volume_is_full_not_more(tmp_path: Path) -> None:
    row = a_row(tmp_path, load=replace(LOAD, data_reads_per_s=9000.0))
    assert (row["iops_utilization"], row["available_capacity_pct"]) == (100.0, 0.0)


def test_a_volume_without_an_iops_figure_counts_as_idle(tmp_path: Path) -> None:
    assert a_row(tmp_path, attached=replace(VOLUME, iops=0))["iops_utilization"] == 0.0


def test_times_are_utc_as_the_readers_parse_them(tmp_path: Path) -> None:
    row = a_row(tmp_path)
    times = [str(row[name]) for name in ("created_at", "launch_time", "last_health_check")]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time) for time in times)


def test_a_row_of_two_databases_takes_two_write_units(tmp_path: Path) -> None:
    # One unit is 1 KB of names and values; a strongly consistent read of up to 4 KB costs one.
    assert len(json.dumps(a_row(tmp_path))) < 2048


def test_a_row_of_forty_databases_still_is_one_read_unit(tmp_path: Path) -> None:
    databases = tuple(a_database(f"repository-{number:02}") for number in range(40))
    assert len(json.dumps(a_row(tmp_path, databases=databases))) < 4096
