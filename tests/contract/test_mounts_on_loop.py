"""Real filesystems on real disks: mounted, replayed, and gone without a trace."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.support.loops import attached_loop, disk_at
from ladybug_agent.adapters.mounts import SystemMounts
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure, NotYet
from ladybug_agent.resources.mount import OPTIONS, XFS_OPTIONS
from ladybug_lab.volumes.image import LoopDevice
from support import broken_volumes, volumes

pytestmark = pytest.mark.integration

MOUNTS = SystemMounts()


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "lady bug\\data"
    path.mkdir()
    yield path
    while MOUNTS.at(path) is not None:  # what a test that failed has left
        subprocess.run(["umount", str(path)], check=True)


def options(image: Path) -> tuple[str, ...]:
    return OPTIONS + (XFS_OPTIONS if image.name == "xfs" else ())


def seal(device: LoopDevice, *, sealed: bool) -> None:
    argv = ["blockdev", "--setro" if sealed else "--setrw", str(device.node)]
    subprocess.run(argv, check=True)


def mount(device: LoopDevice, target: Path, deadline: Deadline) -> None:
    image = device.image
    MOUNTS.mount(str(device.node), target, image.name, options(image), deadline)


def replay(device: LoopDevice, target: Path, deadline: Deadline) -> None:
    image = device.image
    MOUNTS.replay_journal(str(device.node), target, image.name, options(image), deadline)


def test_a_mount_is_told_by_the_table_and_by_a_look(
    image: Path, target: Path, deadline: Deadline
) -> None:
    with attached_loop(image) as device:
        seal(device, sealed=True)
        mount(device, target, deadline)
        entry, number = MOUNTS.at(target), disk_at(device).device_number
        assert entry is not None
        assert (entry.device_number, entry.root, entry.filesystem) == (number, "/", image.name)
        assert entry.options >= {"ro", "nodev", "nosuid", "noexec", "noatime"}
        assert MOUNTS.device_number_at(target) == number
        MOUNTS.unmount(target, deadline)
        assert MOUNTS.at(target) is None
        assert MOUNTS.device_number_at(target) != number


def test_a_sealed_clean_volume_is_mounted_without_a_write(
    image: Path, target: Path, deadline: Deadline
) -> None:
    before = volumes.content_hash(image)
    with attached_loop(image) as device:
        seal(device, sealed=True)
        mount(device, target, deadline)
        assert (target / "databases" / "sec.lbug").is_file()
        MOUNTS.unmount(target, deadline)
    assert volumes.content_hash(image) == before


def test_a_sealed_dirty_volume_asks_for_its_replay_and_is_left_alone(
    image: Path, target: Path, deadline: Deadline
) -> None:
    volumes.make_journal_dirty(image)
    before = volumes.content_hash(image)
    with attached_loop(image) as device:
        seal(device, sealed=True)
        with pytest.raises(NotYet) as failure:
            mount(device, target, deadline)
        assert failure.value.code == "mount_needs_journal_replay"
        assert MOUNTS.at(target) is None
    assert volumes.content_hash(image) == before


def test_a_dirty_journal_is_replayed_and_nothing_of_that_mount_stays(
    image: Path, target: Path, deadline: Deadline
) -> None:
    volumes.make_journal_dirty(image)
    with attached_loop(image) as device:
        table = MOUNTS.entries()
        replay(device, target, deadline)
        assert MOUNTS.entries() == table
        assert os.listdir(target) == []  # noqa: PTH208 - the directory below, not the volume
        seal(device, sealed=True)
        mount(device, target, deadline)  # at once: the device is free again
        assert (target / "databases" / "sec.lbug").is_file()
        MOUNTS.unmount(target, deadline)


def test_a_replay_of_a_clean_volume_does_no_harm(
    image: Path, target: Path, deadline: Deadline
) -> None:
    with attached_loop(image) as device:
        for _ in range(5):
            replay(device, target, deadline)
            seal(device, sealed=True)
            mount(device, target, deadline)
            MOUNTS.unmount(target, deadline)
            seal(device, sealed=False)


def test_a_replay_on_a_sealed_device_is_refused_by_the_kernel(
    image: Path, target: Path, deadline: Deadline
) -> None:
    volumes.make_journal_dirty(image)
    with attached_loop(image) as device:
        seal(device, sealed=True)
        with pytest.raises(NotYet):
            replay(device, target, deadline)


def test_a_replay_that_fails_leaves_no_mount(
    xfs_image: Path, target: Path, deadline: Deadline
) -> None:
    broken_volumes.make_xfs_log_corrupt(xfs_image)
    with attached_loop(xfs_image) as device:
        table = MOUNTS.entries()
        with pytest.raises(ExternalFailure) as failure:
            replay(device, target, deadline)
        assert (failure.value.code, MOUNTS.entries()) == ("command_failed", table)


def test_only_a_part_of_a_volume_is_told_by_its_root(
    image: Path, target: Path, deadline: Deadline, tmp_path: Path
) -> None:
    part = tmp_path / "part"
    part.mkdir()
    with attached_loop(image) as device:
        mount(device, target, deadline)
        bind = ["mount", "--bind", str(target / "databases"), str(part)]
        subprocess.run(bind, check=True)
        entry = MOUNTS.at(part)
        MOUNTS.unmount(part, deadline)
        MOUNTS.unmount(target, deadline)
    assert entry is not None
    assert entry.root == "/databases"


def test_a_mount_over_the_parent_hides_the_volume_from_a_look(
    image: Path, target: Path, deadline: Deadline
) -> None:
    with attached_loop(image) as device:
        mount(device, target, deadline)
        number = MOUNTS.device_number_at(target)
        subprocess.run(["mount", "--types", "tmpfs", "none", str(target.parent)], check=True)
        seen, entry = MOUNTS.device_number_at(target), MOUNTS.at(target)
        MOUNTS.unmount(target.parent, deadline)
        assert (seen, entry is not None) == (None, True)
        assert MOUNTS.device_number_at(target) == number
        MOUNTS.unmount(target, deadline)
