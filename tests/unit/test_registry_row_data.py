"""What the row says of the data: where it is from, by whose word, and what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fakes.build import a_config
from fakes.clock import STARTED_AT
from fakes.evidence import (
    FRESH,
    a_container,
    a_device,
    a_mount,
    a_ready_service,
    a_servable,
    a_snapshot,
    a_volume,
)
from fakes.instance import BOOT, IDENTITY, SNAPSHOT
from ladybug_agent.model import Load
from ladybug_agent.ports import RowValue
from ladybug_agent.resources.empty import EmptyByRequest
from ladybug_agent.resources.lineage import Lineage
from ladybug_agent.resources.registry_row import Fence, registry_row
from ladybug_agent.resources.servable import ServedData

LOAD = Load(cpu_pct=12.5, memory_pct=20.0, data_reads_per_s=30.0)
FENCE = Fence(registration_id="reg-1", boot=BOOT)
ABOUT_A_VOLUME = {
    "volume_id",
    "volume_check",
    "snapshot_id",
    "snapshot_taken_at",
    "snapshot_volume_id",
    "filesystem_uuid",
    "database_uuids",
}


def row_of(tmp_path: Path, data: ServedData) -> dict[str, RowValue]:
    servable = a_servable(tmp_path, data=data)
    service = a_ready_service(tmp_path, container=a_container(tmp_path, servable=servable))
    return registry_row(service, FENCE, a_config(tmp_path), LOAD, STARTED_AT)


def unverified(tmp_path: Path) -> dict[str, RowValue]:
    mount = a_mount(tmp_path, device=a_device(volume=a_volume(attached=None)))
    return row_of(tmp_path, a_snapshot(tmp_path, mount=mount))


def aged(tmp_path: Path, lineage: Lineage) -> dict[str, RowValue]:
    return row_of(tmp_path, a_snapshot(tmp_path, lineage=lineage))


def empty(tmp_path: Path) -> dict[str, RowValue]:
    return row_of(tmp_path, EmptyByRequest(instance=IDENTITY, directory=tmp_path))


def test_a_verified_volume_says_so(tmp_path: Path) -> None:
    row = row_of(tmp_path, a_snapshot(tmp_path))
    assert (row["data_state"], row["volume_check"], row["degraded"], row["degraded_reasons"]) == (
        "snapshot",
        "verified",
        False,
        "",
    )


def test_the_age_and_the_origin_of_the_data_are_in_the_row(tmp_path: Path) -> None:
    row = row_of(tmp_path, a_snapshot(tmp_path))
    assert (row["snapshot_taken_at"], row["snapshot_volume_id"]) == (
        "2026-02-05T12:00:00Z",
        SNAPSHOT.volume_id,
    )


def test_an_unverified_volume_says_so_and_names_no_snapshot(tmp_path: Path) -> None:
    row = unverified(tmp_path)
    assert (row["volume_check"], row["volume_id"], row["snapshot_id"]) == (
        "unverified",
        "vol-0123456789abcdef0",
        "",
    )


def test_an_unverified_volume_is_not_degraded(tmp_path: Path) -> None:
    """It serves what it should, as far as anybody can tell."""
    assert unverified(tmp_path)["degraded"] is False


def test_a_volume_of_unknown_speed_counts_as_idle(tmp_path: Path) -> None:
    assert unverified(tmp_path)["iops_utilization"] == 0.0


def test_stale_data_is_degraded_with_its_reason(tmp_path: Path) -> None:
    row = aged(tmp_path, replace(FRESH, is_stale=True))
    assert (row["degraded"], row["degraded_reasons"], row["status"]) == (
        True,
        "stale_snapshot",
        "healthy",
    )


def test_an_unknown_age_is_empty_and_no_time(tmp_path: Path) -> None:
    row = aged(tmp_path, replace(FRESH, taken_at=None, told_by="", source_volume_id=""))
    assert (row["snapshot_taken_at"], row["snapshot_volume_id"], row["degraded"]) == ("", "", False)


def test_an_empty_replica_says_so_and_is_degraded(tmp_path: Path) -> None:
    row = empty(tmp_path)
    assert (row["data_state"], row["degraded"], row["degraded_reasons"]) == (
        "empty by request",
        True,
        "empty_by_request",
    )


def test_an_empty_replica_names_no_volume(tmp_path: Path) -> None:
    assert set(empty(tmp_path)) & ABOUT_A_VOLUME == set()


def test_an_empty_replica_has_all_other_attributes(tmp_path: Path) -> None:
    full = row_of(tmp_path, a_snapshot(tmp_path))
    assert set(full) - set(empty(tmp_path)) == ABOUT_A_VOLUME


def test_an_empty_replica_has_no_size_and_reads_nothing(tmp_path: Path) -> None:
    row = empty(tmp_path)
    assert (row["database_count"], row["total_size_gb"], row["iops_utilization"]) == (0, 0.0, 0.0)
