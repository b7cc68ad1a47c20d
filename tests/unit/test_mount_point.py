"""The place of the mount: the agent's alone, and reached by its own path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.build import FakeWorld, a_config, a_world
from fakes.clock import FakeClock
from fakes.evidence import a_device
from fakes.sight import mounted_at
from fakes.storage import DISK
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure, Refused
from ladybug_agent.model.storage import MountEntry
from ladybug_agent.resources.mount import DataMount, ensure_mounted


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mnt" / "ladybug-data"


@pytest.fixture
def world(clock: FakeClock) -> FakeWorld:
    return a_world(clock)


def ensure(world: FakeWorld, path: Path, deadline: Deadline) -> DataMount:
    rules = a_config(path, **{"data.mount_point": str(path)}).data
    return ensure_mounted(world, a_device(devices=world.block_devices), rules, deadline)


def refused_and_left_alone(
    world: FakeWorld, entry: MountEntry, deadline: Deadline, *others: MountEntry
) -> Refused:
    """Return the refusal of a mount that is already there, after which all is as it was."""
    table = {found.target: found for found in (entry, *others)}
    world.mounts.table.update(table)
    with pytest.raises(Refused) as caught:
        ensure(world, entry.target, deadline)
    assert (world.mounts.table, world.block_devices.sealed) == (table, set())
    return caught.value


def an_entry(path: Path, *, options: str = "ro,noatime,nodev,nosuid,noexec") -> MountEntry:
    return replace(mounted_at(str(path)), options=frozenset(options.split(",")))


def test_a_mount_point_that_is_missing_is_made(
    world: FakeWorld, path: Path, deadline: Deadline
) -> None:
    world.mounts.contents.clear()
    ensure(world, path, deadline)
    assert path.is_dir()


def test_an_empty_mount_point_is_used(world: FakeWorld, path: Path, deadline: Deadline) -> None:
    path.mkdir(parents=True)
    assert ensure(world, path, deadline).path == path


def spoil_with_a_symlink(path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to("/")


def spoil_with_a_dangling_symlink(path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to("nowhere")


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
        (spoil_with_a_dangling_symlink, "a symbolic link in the path"),
        (spoil_with_a_parent_symlink, "a symbolic link in the path"),
        (spoil_with_a_file, "something that is not a directory"),
        (spoil_with_contents, "a directory that is not empty"),
    ],
)
def test_a_mount_point_that_could_hide_something_is_refused(
    spoil: Callable[[Path], None], says: str, world: FakeWorld, path: Path, deadline: Deadline
) -> None:
    spoil(path)
    with pytest.raises(Refused, match=says) as caught:
        ensure(world, path, deadline)
    assert (caught.value.code, world.mounts.table) == ("mount_point_unusable", {})


def test_a_mount_point_that_cannot_be_made_is_named(world: FakeWorld, deadline: Deadline) -> None:
    with pytest.raises(ExternalFailure, match="cannot make the directory") as caught:
        ensure(world, Path("/proc/no-such-directory"), deadline)
    assert caught.value.code == "mount_point_not_made"


def test_a_mount_point_in_fstab_is_refused_with_the_line(
    world: FakeWorld, path: Path, deadline: Deadline
) -> None:
    world.mounts.fstab[path] = line = f"/dev/nvme1n1 {path} xfs defaults,nofail 0 2"
    with pytest.raises(Refused) as caught:
        ensure(world, path, deadline)
    assert (caught.value.code, f"`{line}`" in str(caught.value)) == ("mount_point_in_fstab", True)
    assert (world.mounts.table, path.exists()) == ({}, False)


def test_a_line_of_fstab_about_another_place_does_not_disturb(
    world: FakeWorld, path: Path, deadline: Deadline
) -> None:
    world.mounts.fstab[path.parent] = f"/dev/nvme9n1 {path.parent} xfs defaults 0 2"
    assert ensure(world, path, deadline).path == path


def test_a_foreign_mount_is_refused_and_left_alone(
    world: FakeWorld, path: Path, deadline: Deadline
) -> None:
    foreign = replace(an_entry(path), device_number="8:1", source="/dev/sda1")
    error = refused_and_left_alone(world, foreign, deadline)
    assert (error.code, str(error)) == (
        "mount_point_busy",
        f"wanted /dev/nvme1n1 at {path}, found /dev/sda1 mounted there",
    )


def test_a_mount_of_the_same_name_but_another_device_is_foreign(
    world: FakeWorld, path: Path, deadline: Deadline
) -> None:
    foreign = replace(an_entry(path), device_number="259:9", source=DISK.node)
    assert refused_and_left_alone(world, foreign, deadline).code == "mount_point_busy"


def test_a_mount_of_a_part_of_the_volume_is_refused(
    world: FakeWorld, path: Path, deadline: Deadline
) -> None:
    part = replace(an_entry(path), root="/databases")
    error = refused_and_left_alone(world, part, deadline)
    assert (error.code, "found only its /databases" in str(error)) == ("mount_point_busy", True)


def test_a_writable_mount_is_refused_and_left_alone(
    world: FakeWorld, path: Path, deadline: Deadline
) -> None:
    error = refused_and_left_alone(world, an_entry(path, options="rw,noatime"), deadline)
    assert (error.code, str(error)) == (
        "mount_writable",
        f"wanted {path} read-only, found it writable",
    )


def test_a_mount_under_another_one_is_refused(
    world: FakeWorld, path: Path, deadline: Deadline
) -> None:
    over = replace(mounted_at(str(path.parent)), device_number="0:45", source="tmpfs")
    error = refused_and_left_alone(world, an_entry(path), deadline, over)
    assert (error.code, "reaches device 0:45" in str(error)) == ("mount_hidden", True)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("ro,noatime,nodev,nosuid,noexec,norecovery", "with norecovery"),
        ("ro,noatime,nodev,nosuid,noexec,noload", "with noload"),
        ("ro,noatime,nosuid,noexec", "without nodev"),
        ("ro,relatime", "without nodev, without noexec, without nosuid"),
    ],
)
def test_a_mount_with_other_options_is_refused(
    options: str, found: str, world: FakeWorld, path: Path, deadline: Deadline
) -> None:
    error = refused_and_left_alone(world, an_entry(path, options=options), deadline)
    assert (error.code, found in str(error)) == ("mount_options_differ", True)


def test_a_read_only_view_of_a_writable_filesystem_is_refused(
    world: FakeWorld, path: Path, deadline: Deadline
) -> None:
    entry = replace(an_entry(path), superblock_writable=True)
    error = refused_and_left_alone(world, entry, deadline)
    assert (error.code, "its filesystem writable" in str(error)) == ("mount_writable", True)


def test_a_line_in_fstab_is_refused_also_when_it_is_mounted(
    world: FakeWorld, path: Path, deadline: Deadline
) -> None:
    world.mounts.fstab[path] = f"/dev/nvme1n1 {path} xfs defaults,nofail 0 2"
    error = refused_and_left_alone(world, an_entry(path), deadline)
    assert error.code == "mount_point_in_fstab"
