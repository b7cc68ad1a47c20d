"""Whole runs of the boot, seen from the data: what is asked, what is opened, what is told."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.boot import KEY, NAME, Machine
from fakes.clock import FakeClock
from fakes.databases import database_bytes
from fakes.engine import FakeEngine
from fakes.fault import fails
from fakes.instance import SNAPSHOT, VOLUME, FakeEc2, FakeMetadata
from fakes.mounts import FakeMounts
from fakes.one_shot import done, ended, finished, opening
from fakes.storage import DISK, FakeBlockDevices
from ladybug_agent.model.containers import OneShotResult, OneShotSpec
from ladybug_agent.resources.contents.manifest import FILE_NAME
from support.manifests import altered, contract_of, write_manifest

STALE = replace(SNAPSHOT, started_at=SNAPSHOT.started_at - timedelta(days=30))


def with_manifest(tmp_path: Path, *, pages: int = 3, **tables: int) -> Machine:
    """A machine whose volume has a manifest of a database of three pages with these tables."""
    master = tmp_path / "master"
    master.mkdir()
    database = master / "sec.lbug"
    database.write_bytes(database_bytes())
    manifest = altered(contract_of(database), tables=tables)
    clock = FakeClock()
    devices = FakeBlockDevices(clock)
    contents = {
        "databases/sec.lbug": database_bytes(pages=pages),
        f"databases/{FILE_NAME}": write_manifest(master, manifest).read_bytes(),
    }
    mounts = FakeMounts(devices, contents=contents)
    return Machine.make(tmp_path, clock, block_devices=devices, mounts=mounts)


def test_a_normal_boot_asks_ec2_once(tmp_path: Path) -> None:
    """The manifest tells how old the data is."""
    machine = with_manifest(tmp_path, Filing=3)
    assert machine.boot().error is None
    assert (machine.world.ec2.looks, machine.world.ec2.snapshot_looks) == (1, 0)


def test_without_a_manifest_ec2_is_asked_for_the_age_too(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.boot()
    assert (machine.world.ec2.looks, machine.world.ec2.snapshot_looks) == (1, 1)


def test_without_a_manifest_the_age_may_be_left_alone(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path, config={"data.on_stale_snapshot": "ignore"})
    machine.boot()
    assert (machine.world.ec2.looks, machine.world.ec2.snapshot_looks) == (1, 0)


def test_a_boot_without_ec2_is_registered_as_unverified(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path, ec2=FakeEc2(raises=fails("aws_access_denied")))
    assert machine.boot().error is None
    row = machine.world.instance_registry.rows[KEY]
    assert (row["status"], row["volume_check"], row["volume_id"], row["snapshot_id"]) == (
        "healthy",
        "unverified",
        VOLUME.volume_id,
        "",
    )


def test_a_boot_without_ec2_says_so_in_the_record_and_the_log(
    tmp_path: Path, log_output: io.StringIO
) -> None:
    machine = Machine.make(tmp_path, ec2=FakeEc2(raises=fails("aws_access_denied")))
    machine.boot()
    found = next(step for step in machine.record["steps"] if step["name"] == "find_volume")
    assert found["facts"]["volume_check"] == "unverified: aws_access_denied"
    lines = [json.loads(line) for line in log_output.getvalue().splitlines()]
    assert [line["reason"] for line in lines if line["event"] == "volume_unverified"] == [
        "aws_access_denied"
    ]


def test_a_verified_boot_says_so_in_the_row(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.boot()
    row = machine.world.instance_registry.rows[KEY]
    assert (row["volume_check"], row["data_state"], row["degraded"]) == (
        "verified",
        "snapshot",
        False,
    )


def test_a_stale_snapshot_is_served_as_degraded(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path, ec2=FakeEc2(snapshot=STALE))
    assert machine.boot().error is None
    row = machine.world.instance_registry.rows[KEY]
    assert (row["status"], row["degraded"], row["degraded_reasons"]) == (
        "healthy",
        True,
        "stale_snapshot",
    )


@pytest.mark.parametrize("snapshot", [None, fails("aws_throttled")], ids=["forgotten", "throttled"])
def test_an_age_that_nobody_knows_is_no_failure(snapshot: object, tmp_path: Path) -> None:
    machine = Machine.make(tmp_path, ec2=FakeEc2(snapshot=snapshot))  # type: ignore[arg-type]
    assert machine.boot().error is None
    row = machine.world.instance_registry.rows[KEY]
    assert (row["snapshot_taken_at"], row["degraded"]) == ("", False)


def test_the_device_is_held_open_until_it_is_registered(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    held: dict[str, bool] = {}
    machine.boot(lambda step: held.update({step.name: bool(machine.world.block_devices.pinned)}))
    assert (held["mount"], held["verify_snapshot"]) == (True, True)
    assert (held["register"], machine.world.block_devices.pinned) == (True, [])


def test_a_device_that_is_replaced_before_the_mount_is_never_served(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    devices = machine.world.block_devices

    def swap(step: object) -> None:
        if getattr(step, "name", "") == "mount":
            devices.present[:] = [replace(DISK, disk_sequence=8)]

    machine.boot(swap)
    assert (machine.record["code"], machine.container_status, machine.row_status) == (
        "device_replaced",
        "absent",
        "no row",
    )


def test_the_databases_are_opened_before_the_container_starts(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    engine = machine.world.engine
    seen: list[tuple[str, str, bool, bool]] = []

    def look(spec: OneShotSpec) -> OneShotResult:
        bind = spec.data
        seen.append((spec.name, bind.source, bind.read_only, NAME in engine.containers))
        return ended(opening("sec"), done("sec"), finished())

    engine.one_shot = look
    machine.boot()
    assert seen == [(f"{NAME}-check", f"{tmp_path}/volume/databases", True, False)]


def test_the_databases_of_a_container_that_runs_are_not_opened_again(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.boot()
    machine.world.engine.refuses["run_once"] = fails("container_engine_refused")
    assert machine.boot().error is None
    facts = {step["name"]: step["facts"] for step in machine.record["steps"]}
    assert facts["open_databases"]["engine"] == "not asked"


def test_the_databases_of_a_container_that_stopped_are_opened_again(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.boot()
    engine = machine.world.engine
    engine.containers[NAME] = replace(engine.containers[NAME], status="exited")
    engine.refuses["run_once"] = fails("container_engine_refused")
    machine.boot()
    assert machine.record["code"] == "container_engine_refused"


def test_the_databases_are_not_opened_if_the_configuration_says_so(tmp_path: Path) -> None:
    clock = FakeClock()
    engine = FakeEngine(clock, refuses={"run_once": fails("container_engine_refused")})
    machine = Machine.make(tmp_path, clock, engine=engine, config={"data.open_check": False})
    assert machine.boot().error is None


def test_the_counts_of_the_manifest_are_asked_of_the_engine(tmp_path: Path) -> None:
    machine = with_manifest(tmp_path, Filing=3)
    tasks: list[dict[str, object]] = []

    def look(spec: OneShotSpec) -> OneShotResult:
        tasks.append(json.loads(spec.command[-1]))
        return ended(opening("sec"), done("sec"), finished())

    machine.world.engine.one_shot = look
    assert machine.boot().error is None
    assert [task["counted"] for task in tasks] == [{"sec": ["Filing"]}]


def test_other_counts_than_the_manifest_has_are_refused(tmp_path: Path) -> None:
    machine = with_manifest(tmp_path, Filing=4)
    machine.boot()
    assert (machine.record["code"], machine.container_status) == (
        "snapshot_counts_differ",
        "absent",
    )


def test_another_database_than_the_manifest_has_is_refused(tmp_path: Path) -> None:
    machine = with_manifest(tmp_path, pages=4)
    machine.boot()
    assert (machine.record["code"], machine.statuses["verify_snapshot"]) == (
        "snapshot_manifest_differs",
        "failed",
    )


@pytest.mark.parametrize("goes_with_it", [True, False])
def test_a_volume_that_outlives_its_instance_is_warned_about(
    *, goes_with_it: bool, tmp_path: Path, log_output: io.StringIO
) -> None:
    ec2 = FakeEc2(replace(VOLUME, delete_on_termination=goes_with_it))
    assert Machine.make(tmp_path, ec2=ec2).boot().error is None
    assert ("volume_outlives_instance" in log_output.getvalue()) is not goes_with_it


@pytest.mark.parametrize("mounted_anew", [True, False])
def test_a_mount_that_goes_after_it_was_verified_is_not_registered(
    *, mounted_anew: bool, tmp_path: Path
) -> None:
    machine = Machine.make(tmp_path)
    mounts = machine.world.mounts
    (tmp_path / "volume").mkdir()

    def meddle(step: object) -> None:
        if (getattr(step, "name", ""), getattr(step, "status", "")) == ("await_healthy", "done"):
            entry = mounts.table.pop(tmp_path / "volume")
            if mounted_anew:
                mounts.table[tmp_path / "volume"] = replace(entry, mount_id=entry.mount_id + 1)

    assert machine.boot(meddle).error is not None
    assert machine.record["code"] == "mount_replaced"
    assert machine.world.instance_registry.rows == {}


def test_a_volume_that_another_instance_has_too_is_refused(tmp_path: Path) -> None:
    ec2 = FakeEc2(replace(VOLUME, attached_elsewhere=True))
    machine = Machine.make(tmp_path, ec2=ec2)
    machine.boot()
    assert machine.record["code"] == "volume_shared"


@pytest.mark.parametrize(
    ("mapping", "code"), [({"root": "xvda", "ebs1": "sdf"}, None), ({}, "volume_write_unverified")]
)
def test_a_journal_is_replayed_only_on_a_copy_by_somebodys_word(
    mapping: dict[str, str], code: str | None, tmp_path: Path
) -> None:
    """EC2 is silent: the launch template, by instance metadata, must have made the volume."""
    clock = FakeClock()
    devices = FakeBlockDevices(clock, dirty=True)
    machine = Machine.make(
        tmp_path,
        clock,
        block_devices=devices,
        ec2=FakeEc2(raises=fails("aws_access_denied")),
        metadata=FakeMetadata(mapping=mapping),
    )
    machine.boot()
    assert machine.record.get("code") == code
    assert devices.state.written is (code is None)
