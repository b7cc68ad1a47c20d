"""Whole runs of the boot over a checkpoint that the snapshot cut in two."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.boot import KEY, Machine
from fakes.clock import FakeClock
from fakes.databases import database_bytes
from fakes.disks import DiskState
from fakes.mounts import FakeMounts
from fakes.one_shot import ended, failed, opening, opens_all
from fakes.storage import DISK, FakeBlockDevices
from ladybug_agent.clock import Deadline
from ladybug_agent.model.containers import OneShotResult, OneShotSpec

CUT = {"databases/sec.lbug": database_bytes(), "databases/sec.lbug.shadow": b"half a checkpoint"}
RECOVER = {"data.on_pending_recovery": "recover"}


def finishes(spec: OneShotSpec) -> OneShotResult:
    """Do what an engine does that may write, or cannot where it may not."""
    if json.loads(spec.command[-1])["act"] == "checkpoint":
        for left in Path(spec.data.source).glob("*.shadow"):
            left.unlink()
    return opens_all(spec)


def a_machine(tmp_path: Path, **config: object) -> Machine:
    clock = FakeClock()
    devices = FakeBlockDevices(clock)
    machine = Machine.make(
        tmp_path,
        clock,
        config={**RECOVER, **config},
        block_devices=devices,
        mounts=FakeMounts(devices, contents=CUT),
    )
    machine.world.engine.one_shot = finishes
    return machine


def state_of(machine: Machine) -> DiskState:
    return machine.world.block_devices.state


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return a_machine(tmp_path)


def test_a_cut_checkpoint_is_finished_and_served(machine: Machine) -> None:
    assert machine.boot().error is None
    assert (machine.row_status, machine.container_status) == ("healthy", "running")
    assert sorted(machine.world.mounts.contents) == ["databases/sec.lbug"]


def test_a_recovery_has_its_steps_in_order(machine: Machine) -> None:
    machine.boot()
    names = [step["name"] for step in machine.record["steps"] if step["name"] != "pull_image"]
    assert names[:9] == [
        "identity",
        "find_volume",
        "await_device",
        "mount",
        "verify_snapshot",
        "recover_databases",
        "mount",
        "verify_snapshot",
        "open_databases",
    ]


def test_what_the_engine_does_is_seen_by_nobody(machine: Machine, tmp_path: Path) -> None:
    """Unmounted where it is served, writable in a directory of its own, and then opened again."""
    seen: list[tuple[str, list[Path], bool, bool]] = []

    def look(spec: OneShotSpec) -> OneShotResult:
        mounted = list(machine.world.mounts.table)
        act = json.loads(spec.command[-1])["act"]
        seen.append((act, mounted, spec.data.read_only, state_of(machine).sealed))
        return finishes(spec)

    machine.world.engine.one_shot = look
    machine.boot()
    assert seen == [
        ("checkpoint", [tmp_path / "state" / "recovery"], False, False),
        ("open", [tmp_path / "volume"], True, True),
    ]


def test_after_a_recovery_the_volume_is_sealed_and_mounted_read_only(
    machine: Machine, tmp_path: Path
) -> None:
    machine.boot()
    (entry,) = machine.world.mounts.table.values()
    assert (entry.target, "ro" in entry.options, machine.world.block_devices.sealed) == (
        tmp_path / "volume",
        True,
        {DISK.node},
    )


def test_a_volume_that_was_recovered_is_not_recovered_again(machine: Machine) -> None:
    machine.boot()
    machine.boot()
    assert "recover_databases" not in machine.statuses
    assert machine.row_status == "healthy"


def test_a_recovery_is_not_made_unless_it_is_asked_for(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, **{"data.on_pending_recovery": "refuse"})
    machine.boot()
    assert (machine.record["code"], machine.row_status) == ("snapshot_recovery_pending", "no row")
    assert (state_of(machine).written, machine.world.mounts.contents) == (False, CUT)


def test_a_whole_snapshot_is_not_recovered(machine: Machine) -> None:
    machine.world.mounts.contents.pop("databases/sec.lbug.shadow")
    machine.boot()
    assert ("recover_databases" in machine.statuses, state_of(machine).written) == (False, False)


def test_a_recovery_that_changes_nothing_is_refused(machine: Machine) -> None:
    machine.world.engine.one_shot = opens_all
    machine.boot()
    assert (machine.record["code"], machine.row_status, machine.container_status) == (
        "snapshot_recovery_failed",
        "no row",
        "absent",
    )


def test_a_recovery_that_the_engine_cannot_do_leaves_the_volume_sealed(machine: Machine) -> None:
    machine.world.engine.one_shot = lambda _: ended(
        opening("sec"), failed("sec", "duplicated primary key"), exit_code=1
    )
    machine.boot()
    assert (machine.record["code"], machine.statuses["recover_databases"]) == (
        "snapshot_recovery_failed",
        "failed",
    )
    assert (machine.world.mounts.table, machine.world.block_devices.sealed) == ({}, {DISK.node})


def test_a_database_that_is_still_wrong_after_its_recovery_is_refused(machine: Machine) -> None:
    def ruins(spec: OneShotSpec) -> OneShotResult:
        (Path(spec.data.source) / "sec.lbug").write_bytes(b"")
        return finishes(spec)

    machine.world.engine.one_shot = ruins
    machine.boot()
    assert (machine.record["code"], machine.row_status) == ("snapshot_database_empty", "no row")


def test_a_recovery_that_was_interrupted_is_unmounted_first(
    machine: Machine, tmp_path: Path
) -> None:
    workshop = tmp_path / "state" / "recovery"
    limit = Deadline.after(60.0, machine.clock)
    machine.world.mounts.mount(DISK.node, workshop, "xfs", ("rw", "nouuid"), limit)
    assert machine.boot().error is None
    assert (list(machine.world.mounts.table), machine.world.block_devices.sealed) == (
        [tmp_path / "volume"],
        {DISK.node},
    )


def test_an_interrupted_recovery_is_unmounted_whatever_the_policy_is_now(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, **{"data.on_pending_recovery": "refuse"})
    workshop = tmp_path / "state" / "recovery"
    limit = Deadline.after(60.0, machine.clock)
    machine.world.mounts.mount(DISK.node, workshop, "xfs", ("rw", "nouuid"), limit)
    machine.boot()
    assert (machine.record["code"], workshop in machine.world.mounts.table) == (
        "snapshot_recovery_pending",
        False,
    )


def test_a_boot_that_is_stopped_in_a_recovery_leaves_nothing_writable(machine: Machine) -> None:
    machine.boot_cancelled_at("recover_databases", "running")
    entries = machine.world.mounts.table.values()
    assert [entry for entry in entries if "rw" in entry.options] == []
    assert (machine.world.block_devices.sealed, machine.row_status) == ({DISK.node}, "no row")


def test_a_boot_that_was_stopped_in_a_recovery_converges(machine: Machine) -> None:
    machine.boot_cancelled_at("recover_databases", "running")
    assert machine.boot().error is None
    assert (machine.row_status, sorted(machine.world.mounts.contents)) == (
        "healthy",
        ["databases/sec.lbug"],
    )


def test_a_device_that_is_replaced_before_a_recovery_is_not_written(machine: Machine) -> None:
    devices = machine.world.block_devices

    def swap(step: object) -> None:
        if getattr(step, "name", "") == "recover_databases":
            devices.present[:] = [replace(DISK, disk_sequence=8)]

    machine.boot(swap)
    assert (machine.record["code"], state_of(machine).written) == ("device_replaced", False)
    assert machine.world.instance_registry.rows.get(KEY) is None


def test_an_engine_of_unknown_versions_is_not_let_near(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, **{"container.storage_versions": ""})
    published = machine.world.engine.published
    published.update({name: replace(image, labels={}) for name, image in published.items()})
    machine.boot()
    assert (machine.record["code"], state_of(machine).written) == (
        "snapshot_recovery_unsafe",
        False,
    )
