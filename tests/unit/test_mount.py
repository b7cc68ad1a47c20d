"""The data mount: sealed first, mounted read-only, never by guessing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fakes.build import FakeWorld, a_config, a_world
from fakes.clock import FakeClock
from fakes.evidence import a_device
from fakes.mounts import FakeMounts
from fakes.sight import mounted_at
from fakes.storage import DISK, FakeBlockDevices
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import Cancelled, ExternalFailure, Refused
from ladybug_agent.model.storage import MountEntry
from ladybug_agent.resources.mount import DataMount, ensure_mounted, inspect_mount


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mnt" / "ladybug-data"


@pytest.fixture
def devices(clock: FakeClock) -> FakeBlockDevices:
    return FakeBlockDevices(clock)


@pytest.fixture
def mounts(devices: FakeBlockDevices) -> FakeMounts:
    return FakeMounts(devices)


@pytest.fixture
def world(clock: FakeClock, devices: FakeBlockDevices, mounts: FakeMounts) -> FakeWorld:
    return a_world(clock, block_devices=devices, mounts=mounts)


def an_entry(path: Path, *, options: str = "ro,noatime,nodev,nosuid,noexec") -> MountEntry:
    entry = mounted_at(str(path))
    return replace(
        entry, source="/dev/disk/by-id/nvme-another-name", options=frozenset(options.split(","))
    )


def ensure(
    world: FakeWorld, path: Path, deadline: Deadline, *, filesystem: str = "xfs"
) -> DataMount:
    rules = a_config(path, **{"data.mount_point": str(path)}).data
    device = a_device(devices=world.block_devices, filesystem=filesystem)
    return ensure_mounted(world, device, rules, deadline)


def inspect(world: FakeWorld, path: Path) -> DataMount | None:
    return inspect_mount(world.mounts, a_device(devices=world.block_devices), path)


def test_a_device_is_mounted_read_only_by_its_own_node(
    world: FakeWorld, path: Path, deadline: Deadline
) -> None:
    ensure(world, path, deadline)
    entry = world.mounts.table[path]
    assert (entry.source, entry.filesystem, sorted(entry.options)) == (
        "/dev/nvme1n1",
        "xfs",
        ["noatime", "nodev", "noexec", "nosuid", "nouuid", "ro"],
    )


def test_a_mounted_device_is_sealed(world: FakeWorld, path: Path, deadline: Deadline) -> None:
    ensure(world, path, deadline)
    assert world.block_devices.sealed == {"/dev/nvme1n1"}


def test_a_clean_filesystem_is_mounted_without_one_write(
    world: FakeWorld, path: Path, deadline: Deadline
) -> None:
    mount = ensure(world, path, deadline)
    assert (mount.journal_replayed, world.block_devices.state.written) == (False, False)


def test_a_device_that_an_earlier_run_sealed_is_mounted(
    world: FakeWorld, path: Path, deadline: Deadline
) -> None:
    """The seal stays with the device until it is detached."""
    world.block_devices.state.sealed = True
    assert ensure(world, path, deadline).path == path


def test_only_xfs_is_told_to_ignore_the_uuid(
    world: FakeWorld, path: Path, deadline: Deadline
) -> None:
    ensure(world, path, deadline, filesystem="ext4")
    assert "nouuid" not in world.mounts.table[path].options


def test_mounting_again_changes_nothing(world: FakeWorld, path: Path, deadline: Deadline) -> None:
    first = ensure(world, path, deadline)
    table = dict(world.mounts.table)
    again = ensure(world, path, deadline)
    assert (again.mount_id, again.generation, world.mounts.table) == (
        first.mount_id,
        first.generation,
        table,
    )


def test_a_mount_under_another_name_of_the_disk_is_ours(
    world: FakeWorld, path: Path, deadline: Deadline
) -> None:
    world.mounts.table[path] = an_entry(path)
    world.block_devices.state.sealed = True
    assert ensure(world, path, deadline).mount_id == 90


def test_a_mount_whose_device_is_open_to_writes_is_sealed_and_kept(
    world: FakeWorld, path: Path, deadline: Deadline
) -> None:
    world.mounts.table[path] = an_entry(path)
    before = inspect(world, path)
    after = ensure(world, path, deadline)
    assert (before, after.mount_id, world.block_devices.sealed) == (None, 90, {DISK.node})


def test_looking_changes_nothing(world: FakeWorld, path: Path) -> None:
    assert inspect(world, path) is None
    assert (world.mounts.table, world.block_devices.sealed, path.exists()) == ({}, set(), False)


def test_looking_finds_what_is_mounted_and_sealed(
    world: FakeWorld, path: Path, deadline: Deadline
) -> None:
    mounted = ensure(world, path, deadline)
    found = inspect(world, path)
    assert found is not None
    assert (found.mount_id, found.path) == (mounted.mount_id, path)


@pytest.mark.parametrize("looks", [0, 1, 2])
def test_a_device_that_was_replaced_is_not_mounted(
    looks: int, world: FakeWorld, path: Path, deadline: Deadline
) -> None:
    """Sealing, the journal, and the mount itself: each looks first."""
    world.block_devices.state.replaced_after_looks = looks
    with pytest.raises(Refused) as caught:
        ensure(world, path, deadline)
    assert (caught.value.code, world.mounts.table) == ("device_replaced", {})


def test_a_device_that_was_detached_is_not_mounted(
    world: FakeWorld, path: Path, deadline: Deadline
) -> None:
    world.block_devices.present.clear()
    world.block_devices.states[DISK.node].sealed = True
    rules = a_config(path, **{"data.mount_point": str(path)}).data
    pinned = world.block_devices.pinned_device(DISK)
    with pytest.raises(ExternalFailure) as caught:
        ensure_mounted(world, replace(a_device(), pinned=pinned), rules, deadline)
    assert (caught.value.code, world.mounts.table) == ("device_gone", {})


def test_a_mount_that_vanishes_at_once_is_noticed(
    clock: FakeClock, devices: FakeBlockDevices, path: Path, deadline: Deadline
) -> None:
    world = a_world(clock, block_devices=devices, mounts=FakeMounts(devices, vanishes=True))
    with pytest.raises(ExternalFailure, match="does not show it") as caught:
        ensure(world, path, deadline)
    assert caught.value.code == "mount_not_visible"


def test_a_cancelled_boot_mounts_nothing(world: FakeWorld, path: Path, deadline: Deadline) -> None:
    deadline.cancel()
    with pytest.raises(Cancelled):
        ensure(world, path, deadline)
    assert world.mounts.table == {}


def test_a_mount_of_another_disk_or_time_is_another_generation(path: Path) -> None:
    first = DataMount(device=a_device(), path=path, mount_id=37, journal_replayed=False)
    later = replace(first, mount_id=38)
    other = replace(first.device.volume, disk=replace(DISK, disk_sequence=8))
    other_disk = replace(first, device=replace(first.device, volume=other))
    assert len({first.generation, later.generation, other_disk.generation}) == 3
