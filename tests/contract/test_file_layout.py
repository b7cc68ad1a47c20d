"""Where files lie on their device, by the ioctl FIEMAP."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from contract.support.loops import attached_loop, disk_at
from ladybug_agent.adapters.file_layout import AT_ONCE, FiemapLayout
from ladybug_agent.adapters.mounts import SystemMounts
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.hydration import Extent
from ladybug_agent.model.storage import BlockDevice
from ladybug_agent.resources.mount import OPTIONS, XFS_OPTIONS

MIB = 2**20
PAGE = 4096


def extents_of(path: Path) -> tuple[Extent, ...]:
    handle = os.open(path, os.O_RDONLY)
    try:
        return FiemapLayout().extents(handle)
    finally:
        os.close(handle)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A directory whose filesystem says where its files lie; this machine's may not."""
    path = tmp_path / "probe"
    path.write_bytes(b"x" * PAGE)
    os.sync()
    try:
        extents_of(path)
    except ExternalFailure:
        pytest.skip(f"{tmp_path} is on a filesystem without FIEMAP")
    return tmp_path


def synced(path: Path) -> Path:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return path


def test_a_file_lies_in_order_and_whole(written: Path) -> None:
    path = written / "file"
    path.write_bytes(os.urandom(3 * MIB + 100))
    extents = extents_of(synced(path))
    assert extents[0].logical == 0
    assert all(
        one.logical + one.length == other.logical for one, other in itertools.pairwise(extents)
    )
    assert extents[-1].logical + extents[-1].length >= 3 * MIB + 100
    assert all(extent.physical % PAGE == 0 for extent in extents)


def test_the_holes_of_a_sparse_file_are_left_out(written: Path) -> None:
    path = written / "sparse"
    with path.open("wb") as file:
        for at in (0, 10 * MIB, 100 * MIB):
            file.seek(at)
            file.write(os.urandom(MIB))
        file.truncate(200 * MIB)
    extents = extents_of(synced(path))
    pages = {
        page for e in extents for page in range(e.logical // MIB, (e.logical + e.length) // MIB)
    }
    assert pages == {0, 10, 100}


def test_a_file_that_is_all_hole_lies_nowhere(written: Path) -> None:
    path = written / "hole"
    with path.open("wb") as file:
        file.truncate(10 * MIB)
    assert extents_of(synced(path)) == ()


def test_an_empty_file_lies_nowhere(written: Path) -> None:
    path = written / "empty"
    path.touch()
    assert extents_of(path) == ()


def test_a_file_in_more_pieces_than_one_answer_holds_is_told_whole(written: Path) -> None:
    path = written / "scattered"
    count = AT_ONCE + 88
    with path.open("wb") as file:
        for number in range(count):
            file.seek(2 * number * 64 * 1024)
            file.write(b"x" * PAGE)
    found = [extent.logical for extent in extents_of(synced(path))]
    assert found == [2 * number * 64 * 1024 for number in range(count)]


@pytest.mark.parametrize("path", ["/proc/self/status", "/sys/kernel/uevent_seqnum"])
def test_a_filesystem_that_does_not_say_is_named(path: str) -> None:
    with pytest.raises(ExternalFailure, match="does not say where its files lie") as failure:
        extents_of(Path(path))
    assert failure.value.code == "file_layout_unknown"


def test_what_is_no_file_has_no_layout() -> None:
    reader, writer = os.pipe()
    try:
        with pytest.raises(ExternalFailure) as failure:
            FiemapLayout().extents(reader)
    finally:
        os.close(reader)
        os.close(writer)
    assert failure.value.code == "file_layout_unknown"


Mounted = tuple[BlockDevice, Path]


@pytest.fixture
def mounted(image: Path, tmp_path: Path, deadline: Deadline) -> Iterator[Mounted]:
    """A volume of either filesystem on a real disk, mounted as the agent does."""
    target = tmp_path / "volume"
    target.mkdir()
    with ExitStack() as stack:
        disk = disk_at(stack.enter_context(attached_loop(image)))
        options = OPTIONS + (XFS_OPTIONS if image.name == "xfs" else ())
        SystemMounts().mount(disk.node, target, image.name, options, deadline)
        stack.callback(subprocess.run, ["umount", str(target)], check=True)
        yield disk, target


@pytest.mark.integration
def test_what_the_device_has_there_is_what_the_file_holds(mounted: Mounted) -> None:
    disk, target = mounted
    path = target / "databases" / "sec.lbug"
    held, device = path.read_bytes(), Path(disk.node)
    for extent in extents_of(path):
        with device.open("rb") as raw:
            raw.seek(extent.physical)
            there = raw.read(extent.length)
        length = min(extent.length, len(held) - extent.logical)
        assert there[:length] == held[extent.logical : extent.logical + length]
