"""The data mount: sealed first, mounted read-only, never by guessing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fakes.clock import FakeClock
from fakes.evidence import a_device
from fakes.storage import DISK, FakeBlockDevices, FakeMounts
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import Cancelled, ExternalFailure, NotYet, Refused
from ladybug_agent.resources.mount import DataMount, ensure_mounted, inspect_mount
from ladybug_agent.storage_model import MountEntry


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mnt" / "ladybug-data"


@pytest.fixture
def devices(clock: FakeClock) -> FakeBlockDevices:
    return FakeBlockDevices(clock)


def an_entry(path: Path, *, options: str = "ro,noatime", device_number: str = "") -> MountEntry:
    return MountEntry(
        mount_id=90,
        device_number=device_number or DISK.device_number,
        source="/dev/disk/by-id/nvme-another-name",
        target=path,
        filesystem="xfs",
        options=frozenset(options.split(",")),
    )


def ensure(
    mounts: FakeMounts, devices: FakeBlockDevices, path: Path, deadline: Deadline
) -> DataMount:
    return ensure_mounted(mounts, devices, a_device(), path, deadline)


def test_a_device_is_mounted_read_only_by_its_own_node(
    devices: FakeBlockDevices, path: Path, deadline: Deadline
) -> None:
    mounts = FakeMounts(devices)
    ensure(mounts, devices, path, deadline)
    entry = mounts.table[path]
    assert (entry.source, entry.filesystem, sorted(entry.options)) == (
        "/dev/nvme1n1",
        "xfs",
        ["noatime", "nodev", "noexec", "nosuid", "nouuid", "ro"],
    )


def test_a_mounted_device_is_sealed(
    devices: FakeBlockDevices, path: Path, deadline: Deadline
) -> None:
    ensure(FakeMounts(devices), devices, path, deadline)
    assert devices.sealed == {"/dev/nvme1n1"}


def test_only_xfs_is_told_to_ignore_the_uuid(
    devices: FakeBlockDevices, path: Path, deadline: Deadline
) -> None:
    mounts = FakeMounts(devices)
    ensure_mounted(mounts, devices, a_device(filesystem="ext4"), path, deadline)
    assert "nouuid" not in mounts.table[path].options


def test_nothing_is_ever_mounted_without_its_journal(
    devices: FakeBlockDevices, path: Path, deadline: Deadline
) -> None:
    mounts = FakeMounts(devices, dirty=True)
    ensure(mounts, devices, path, deadline)
    assert mounts.table[path].options.isdisjoint({"norecovery", "noload"})


def test_mounting_again_changes_nothing(
    devices: FakeBlockDevices, path: Path, deadline: Deadline
) -> None:
    mounts = FakeMounts(devices)
    first = ensure(mounts, devices, path, deadline)
    assert ensure(mounts, devices, path, deadline) == first


def test_a_mount_under_another_name_of_the_disk_is_ours(
    devices: FakeBlockDevices, path: Path, deadline: Deadline
) -> None:
    mounts = FakeMounts(devices)
    mounts.table[path] = an_entry(path)
    devices.set_sealed(DISK.node, sealed=True)
    assert ensure(mounts, devices, path, deadline).mount_id == 90


def test_a_mount_whose_device_is_open_to_writes_is_sealed_and_kept(
    devices: FakeBlockDevices, path: Path, deadline: Deadline
) -> None:
    mounts = FakeMounts(devices)
    mounts.table[path] = an_entry(path)
    before = inspect_mount(mounts, devices, a_device(), path)
    after = ensure(mounts, devices, path, deadline)
    assert (before, after.mount_id, devices.sealed) == (None, 90, {DISK.node})


def test_looking_changes_nothing(devices: FakeBlockDevices, path: Path) -> None:
    mounts = FakeMounts(devices)
    assert inspect_mount(mounts, devices, a_device(), path) is None
    assert (mounts.table, devices.sealed, path.exists()) == ({}, set(), False)


def test_a_foreign_mount_is_refused_and_left_alone(
    devices: FakeBlockDevices, path: Path, deadline: Deadline
) -> None:
    mounts = FakeMounts(devices)
    foreign = an_entry(path, device_number="8:1")
    mounts.table[path] = foreign
    with pytest.raises(Refused, match="found /dev/disk/by-id/nvme-another-name") as caught:
        ensure(mounts, devices, path, deadline)
    assert (caught.value.code, mounts.table) == ("mount_point_busy", {path: foreign})


def test_a_writable_mount_is_refused_and_left_alone(
    devices: FakeBlockDevices, path: Path, deadline: Deadline
) -> None:
    mounts = FakeMounts(devices)
    writable = an_entry(path, options="rw,noatime")
    mounts.table[path] = writable
    with pytest.raises(Refused, match="found it writable") as caught:
        ensure(mounts, devices, path, deadline)
    assert (caught.value.code, mounts.table) == ("mount_writable", {path: writable})


def test_a_dirty_journal_is_replayed_once_and_the_device_sealed_again(
    devices: FakeBlockDevices, path: Path, deadline: Deadline
) -> None:
    mounts = FakeMounts(devices, dirty=True)
    ensure(mounts, devices, path, deadline)
    ensure(mounts, devices, path, deadline)
    assert (mounts.journal_replays, devices.sealed, "ro" in mounts.table[path].options) == (
        1,
        {DISK.node},
        True,
    )


def test_a_clean_filesystem_is_never_opened_to_writes(
    devices: FakeBlockDevices, path: Path, deadline: Deadline
) -> None:
    mounts = FakeMounts(devices)
    ensure(mounts, devices, path, deadline)
    assert mounts.journal_replays == 0


def test_a_replay_that_fails_leaves_the_device_sealed(
    devices: FakeBlockDevices, path: Path, deadline: Deadline
) -> None:
    stubborn = NotYet("mount_needs_journal_replay", "the journal wants a write")
    mounts = FakeMounts(devices, raises=stubborn)
    with pytest.raises(NotYet):
        ensure(mounts, devices, path, deadline)
    assert (devices.sealed, mounts.table) == ({DISK.node}, {})


def test_a_mount_that_fails_names_volume_and_dmesg(
    devices: FakeBlockDevices, path: Path, deadline: Deadline
) -> None:
    failed = ExternalFailure("command_failed", "`mount` ended with status 32: bad superblock")
    with pytest.raises(ExternalFailure, match="cannot mount vol-0123456789abcdef0") as caught:
        ensure(FakeMounts(devices, raises=failed), devices, path, deadline)
    assert (caught.value.code, caught.value.__cause__) == ("mount_failed", failed)
    assert "dmesg | grep nvme1n1" in caught.value.hint


def test_a_mount_that_hangs_keeps_its_own_code(
    devices: FakeBlockDevices, path: Path, deadline: Deadline
) -> None:
    hung = ExternalFailure("command_unkillable", "`mount` did not end")
    with pytest.raises(ExternalFailure) as caught:
        ensure(FakeMounts(devices, raises=hung), devices, path, deadline)
    assert caught.value is hung


def test_a_mount_that_vanishes_at_once_is_noticed(
    devices: FakeBlockDevices, path: Path, deadline: Deadline
) -> None:
    with pytest.raises(ExternalFailure, match="does not show it") as caught:
        ensure(FakeMounts(devices, vanishes=True), devices, path, deadline)
    assert caught.value.code == "mount_not_visible"


def test_a_cancelled_boot_mounts_nothing(
    devices: FakeBlockDevices, path: Path, deadline: Deadline
) -> None:
    mounts = FakeMounts(devices)
    deadline.cancel()
    with pytest.raises(Cancelled):
        ensure(mounts, devices, path, deadline)
    assert mounts.table == {}


def test_a_mount_point_that_is_missing_is_made(
    devices: FakeBlockDevices, path: Path, deadline: Deadline
) -> None:
    ensure(FakeMounts(devices, contents={}), devices, path, deadline)
    assert path.is_dir()


def test_an_empty_mount_point_is_used(
    devices: FakeBlockDevices, path: Path, deadline: Deadline
) -> None:
    path.mkdir(parents=True)
    assert ensure(FakeMounts(devices), devices, path, deadline).path == path


def spoil_with_a_symlink(path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to("/")


def spoil_with_a_parent_symlink(path: Path) -> None:
    path.parent.symlink_to(path.parent.parent)


def spoil_with_a_file(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("in the way")


def spoil_with_contents(path: Path) -> None:
    path.mkdir(parents=True)
    (path / "keep.txt").write_text("somebody's")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (spoil_with_a_symlink, "a symbolic link in the path"),
        (spoil_with_a_parent_symlink, "a symbolic link in the path"),
        (spoil_with_a_file, "something that is not a directory"),
        (spoil_with_contents, "a directory that is not empty"),
    ],
)
def test_a_mount_point_that_could_hide_something_is_refused(
    spoil: object, says: str, devices: FakeBlockDevices, path: Path, deadline: Deadline
) -> None:
    assert callable(spoil)
    spoil(path)
    mounts = FakeMounts(devices)
    with pytest.raises(Refused, match=says) as caught:
        ensure(mounts, devices, path, deadline)
    assert (caught.value.code, mounts.table) == ("mount_point_unusable", {})


def test_a_mount_of_another_disk_or_time_is_another_generation(path: Path) -> None:
    first = DataMount(device=a_device(), path=path, mount_id=37)
    later = replace(first, mount_id=38)
    other_disk = replace(first, device=replace(first.device, disk=replace(DISK, disk_sequence=8)))
    assert len({first.generation, later.generation, other_disk.generation}) == 3


def test_a_mount_point_that_cannot_be_made_is_named(
    devices: FakeBlockDevices, deadline: Deadline
) -> None:
    nowhere = Path("/proc/no-such-directory")
    with pytest.raises(ExternalFailure, match="cannot make the directory") as caught:
        ensure(FakeMounts(devices), devices, nowhere, deadline)
    assert caught.value.code == "mount_point_not_made"
