"""A pinned disk that is a real one: read, probed and sealed only while it still is that disk."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import pytest

from contract.support.loops import attached_loop, disk_at, pinned_loop
from ladybug_agent.adapters.block_devices import KernelBlockDevices
from ladybug_agent.adapters.udev import UdevIdentity
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure, Refused
from ladybug_agent.ports.storage import PinnedDevice
from ladybug_lab.volumes.faulty_file import faulty_file
from ladybug_lab.volumes.image import LoopDevice, attached
from support import broken_volumes, volumes

pytestmark = pytest.mark.integration

LOOP_CHANGE_FD = 0x4C06  # linux/loop.h
MIB = 2**20


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    path = tmp_path / "blank"
    path.touch()
    os.truncate(path, MIB)
    return path


def command(*argv: str) -> str:
    """Run a program of the system, as an operator would."""
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def read_only_loop(blank: Path) -> Iterator[LoopDevice]:
    """Only a read-only loop device lets its file be exchanged."""
    node = Path(command("losetup", "--read-only", "--find", "--show", str(blank)))
    yield LoopDevice(node=node, image=blank)
    command("losetup", "--detach", str(node))


def test_a_disk_stays_the_one_that_was_pinned(blank: Path) -> None:
    with pinned_loop(blank) as device:
        device.check()
        assert (device.size_bytes(), device.disk.disk_sequence is not None) == (MIB, True)


def test_a_disk_that_is_replaced_under_its_name_is_refused(
    read_only_loop: LoopDevice, tmp_path: Path, deadline: Deadline
) -> None:
    other = tmp_path / "other"
    other.write_bytes(bytes(MIB))
    with KernelBlockDevices().pin(disk_at(read_only_loop)) as device:
        with read_only_loop.node.open("rb") as node, other.open("rb") as file:
            fcntl.ioctl(node, LOOP_CHANGE_FD, file.fileno())
        for act in (device.check, lambda: device.read_block(0, deadline)):
            with pytest.raises(Refused, match="with disk sequence number") as refusal:
                act()
            assert refusal.value.code == "device_replaced"


def test_a_disk_that_was_replaced_before_it_is_pinned_is_refused(blank: Path) -> None:
    with attached_loop(blank) as device:
        before = disk_at(device)
        command("losetup", "--detach", str(device.node))
        command("losetup", str(device.node), str(blank))
        with pytest.raises(Refused) as refusal, KernelBlockDevices().pin(before):
            pytest.fail("it was pinned")
    assert refusal.value.code == "device_replaced"


def test_a_pinned_disk_keeps_its_number_when_it_is_detached(blank: Path) -> None:
    with pinned_loop(blank) as device:
        command("losetup", "--detach", device.disk.node)
        assert [str(found.node) for found in attached(blank)] == [device.disk.node]
    assert attached(blank) == []


def test_pinning_changes_nothing_on_the_disk(image: Path) -> None:
    before = volumes.content_hash(image)
    with pinned_loop(image) as device:
        device.check()
    assert volumes.content_hash(image) == before


def test_a_disk_that_grows_has_its_new_size(blank: Path) -> None:
    with pinned_loop(blank) as device:
        os.truncate(blank, 3 * MIB)
        command("losetup", "--set-capacity", device.disk.node)
        assert device.size_bytes() == 3 * MIB


def test_blocks_are_read_from_the_first_to_the_last(blank: Path, deadline: Deadline) -> None:
    with pinned_loop(blank) as device:
        for offset in (0, MIB // 2, MIB - 4096):
            device.read_block(offset, deadline)


@pytest.mark.parametrize("beyond", [0, 4096, 2**40])
def test_beyond_the_end_nothing_is_read(blank: Path, deadline: Deadline, beyond: int) -> None:
    with pinned_loop(blank) as device, pytest.raises(ExternalFailure) as failure:
        device.read_block(MIB + beyond, deadline)
    assert failure.value.code in {"device_unreadable", "command_failed"}


def test_a_sound_filesystem_is_recognised(image: Path, deadline: Deadline) -> None:
    with pinned_loop(image) as device:
        found = device.probe(deadline)
        assert (found.filesystem, bool(found.uuid)) == (image.name, True)
        assert device.journal(image.name, deadline) == "clean"


def test_a_blank_disk_has_neither_filesystem_nor_table(blank: Path, deadline: Deadline) -> None:
    with pinned_loop(blank) as device:
        found = device.probe(deadline)
    assert (found.filesystem, found.uuid, found.partition_table) == (None, None, None)


@pytest.mark.parametrize("label", ["gpt", "dos"])
def test_a_partition_table_is_recognised(
    blank: Path, deadline: Deadline, label: Literal["gpt", "dos"]
) -> None:
    os.truncate(blank, 8 * MIB)
    broken_volumes.make_partitioned(blank, label)
    with pinned_loop(blank) as device:
        found = device.probe(deadline)
    assert (found.filesystem, found.partition_table) == (None, label)


def test_two_signatures_are_refused(ext4_image: Path, xfs_image: Path, deadline: Deadline) -> None:
    broken_volumes.make_ambivalent(ext4_image, xfs_image)
    with pinned_loop(ext4_image) as device, pytest.raises(Refused) as refusal:
        device.probe(deadline)
    assert refusal.value.code == "filesystem_ambiguous"


def test_a_dirty_journal_is_seen_and_left_alone(image: Path, deadline: Deadline) -> None:
    volumes.make_journal_dirty(image)
    before = volumes.content_hash(image)
    with pinned_loop(image) as device:
        device.set_sealed(sealed=True)
        assert device.journal(image.name, deadline) == "dirty"
        device.set_sealed(sealed=False)
    assert volumes.content_hash(image) == before


def test_a_journal_that_is_garbage_is_never_called_clean(
    xfs_image: Path, deadline: Deadline
) -> None:
    broken_volumes.make_xfs_log_corrupt(xfs_image)
    with pinned_loop(xfs_image) as device:
        assert device.journal("xfs", deadline) == "unknown"


def test_a_sealed_disk_takes_no_writes_until_it_is_opened_again(blank: Path) -> None:
    with pinned_loop(blank) as device:
        assert not device.is_sealed()
        device.set_sealed(sealed=True)
        assert device.is_sealed()
        with pytest.raises(PermissionError):
            write_to(device)
        device.set_sealed(sealed=False)
        assert not device.is_sealed()
        write_to(device)
    assert blank.read_bytes()[:1] == b"x"


def write_to(device: PinnedDevice) -> None:
    with Path(device.disk.node).open("r+b", buffering=0) as node:
        node.write(b"x")
        os.fsync(node.fileno())


def test_a_read_that_fails_is_an_error_in_the_words_of_dd(blank: Path, deadline: Deadline) -> None:
    with faulty_file(blank) as faulty, pinned_loop(faulty.path) as device:
        command("udevadm", "settle")
        faulty.fail_reads(0, 4096)
        with pytest.raises(ExternalFailure, match="Input/output error") as failure:
            device.read_block(0, deadline)
        assert failure.value.code == "command_failed"
        device.read_block(MIB - 4096, deadline)


def test_a_disk_that_has_another_serial_number_by_now_is_refused(
    read_only_loop: LoopDevice,
) -> None:
    serials = iter(("vol0first", "vol0second"))
    node = str(read_only_loop.node)

    def udev(asked: str) -> UdevIdentity:
        return UdevIdentity(serial=next(serials)) if asked == node else UdevIdentity()

    devices = KernelBlockDevices(udev=udev)
    found = next(disk for disk in devices.disks() if disk.node == node)
    with pytest.raises(Refused, match="found vol0second") as refusal, devices.pin(found):
        pass
    assert refusal.value.code == "device_replaced"


def test_a_disk_left_open_for_writing_is_sealed_when_it_is_let_go(blank: Path) -> None:
    left_behind = ExitStack()

    def fail_beside_it(loop: LoopDevice) -> None:
        with KernelBlockDevices().pin(disk_at(loop)) as device:
            left_behind.enter_context(device.opened_for_writing())
            raise Refused("image_not_found", "the other branch failed")

    with attached_loop(blank) as loop:
        with pytest.raises(Refused):
            fail_beside_it(loop)
        assert volumes.is_sealed(loop)
        with pytest.raises(ExternalFailure, match="no such device"):
            left_behind.close()  # what comes back late finds its descriptor gone


def test_a_failure_leaves_a_disk_that_was_not_opened_as_it_was(blank: Path) -> None:
    def fail(loop: LoopDevice) -> None:
        with KernelBlockDevices().pin(disk_at(loop)) as device:
            device.set_sealed(sealed=True)
            device.set_sealed(sealed=False)
            raise Refused("filesystem_missing", "found a blank device")

    with attached_loop(blank) as loop:
        with pytest.raises(Refused):
            fail(loop)
        assert not volumes.is_sealed(loop)
