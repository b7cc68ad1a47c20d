"""Disks as sysfs shows them: which there are, how large, and what uses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.support.sysfs import FakeSysfs, hold
from ladybug_agent.adapters.block_devices import KernelBlockDevices
from ladybug_agent.adapters.udev import UdevIdentity
from ladybug_agent.model.storage import BlockDevice

SERIAL = "vol0123456789abcdef0"


@pytest.fixture
def sysfs(tmp_path: Path) -> FakeSysfs:
    return FakeSysfs(tmp_path / "sys")


def nobody_answers(node: str) -> bytes:
    raise PermissionError(f"no right to ask {node}")


def disks(sysfs: FakeSysfs) -> tuple[BlockDevice, ...]:
    return KernelBlockDevices(sysfs.root, nobody_answers, lambda _: UdevIdentity()).disks()


def test_a_disk_is_told_with_size_number_and_sequence(sysfs: FakeSysfs) -> None:
    sysfs.add("nvme1n1", "259:3", sectors=41943040, diskseq="9", device__serial=SERIAL)
    assert disks(sysfs) == (
        BlockDevice(
            node="/dev/nvme1n1",
            device_number="259:3",
            size_bytes=20 * 1024**3,
            serial=SERIAL,
            disk_sequence=9,
        ),
    )


def test_a_path_of_a_multipath_namespace_is_no_disk(sysfs: FakeSysfs) -> None:
    for name in ("nvme1c1n1", "nvme1n1", "nvme10c11n12"):
        sysfs.add(name, "259:3", device__serial=SERIAL)
    assert [disk.node for disk in disks(sysfs)] == ["/dev/nvme1n1"]


def test_what_is_stacked_on_a_disk_or_its_partitions_is_told(sysfs: FakeSysfs) -> None:
    disk = sysfs.add("nvme1n1", "259:3")
    part = sysfs.add_partition(disk, "nvme1n1p1", "259:4")
    hold(disk, "dm-0")
    hold(part, "md127")
    assert disks(sysfs)[0].holders == ("dm-0", "md127")


def test_partitions_are_told_by_number_and_are_no_disks(sysfs: FakeSysfs) -> None:
    disk = sysfs.add("nvme0n1", "259:0", queue__rotational="0")
    sysfs.add_partition(disk, "nvme0n1p1", "259:1")
    sysfs.add_partition(disk, "nvme0n1p128", "259:2")
    assert [(d.node, d.partitions) for d in disks(sysfs)] == [("/dev/nvme0n1", ("259:1", "259:2"))]


def test_a_disk_without_size_or_serial_is_left_out(sysfs: FakeSysfs) -> None:
    sysfs.add("loop0", "7:0", sectors=0)
    sysfs.add("loop1", "7:1")
    assert [disk.node for disk in disks(sysfs)] == ["/dev/loop1"]


def test_a_disk_that_names_itself_and_has_no_size_yet_is_told(sysfs: FakeSysfs) -> None:
    sysfs.add("nvme1n1", "259:3", sectors=0, device__serial=SERIAL)
    assert [(disk.serial, disk.size_bytes) for disk in disks(sysfs)] == [(SERIAL, 0)]


def test_a_disk_that_vanishes_meanwhile_is_left_out(sysfs: FakeSysfs) -> None:
    (sysfs.root / "block" / "nvme1n1").symlink_to("../devices/gone")
    sysfs.add("nvme2n1", "259:4")
    (sysfs.add("nvme3n1", "259:5") / "dev").unlink()
    (sysfs.add("nvme4n1", "259:6") / "size").unlink()
    assert [disk.node for disk in disks(sysfs)] == ["/dev/nvme2n1"]


def test_an_old_kernel_has_no_disk_sequence(sysfs: FakeSysfs) -> None:
    sysfs.add("nvme1n1", "259:3")
    assert [disk.disk_sequence for disk in disks(sysfs)] == [None]


@pytest.mark.parametrize("garbage", ["-1", "1e3", "0x10", "ten", "٣", "9" * 5000, "1 2", "1_0"])
def test_a_number_that_is_none_counts_as_missing(sysfs: FakeSysfs, garbage: str) -> None:
    disk = sysfs.add("nvme1n1", "259:3", device__serial=SERIAL)
    for attribute in ("size", "diskseq"):
        (disk / attribute).write_text(garbage, encoding="utf-8")
    assert [(d.size_bytes, d.disk_sequence) for d in disks(sysfs)] == [(0, None)]


def test_a_slash_in_a_name_is_written_otherwise_in_sysfs(sysfs: FakeSysfs) -> None:
    sysfs.add("cciss!c0d0", "104:0")
    assert [disk.node for disk in disks(sysfs)] == ["/dev/cciss/c0d0"]


def test_a_machine_without_sysfs_has_no_disks(tmp_path: Path) -> None:
    assert KernelBlockDevices(tmp_path / "sys").disks() == ()


def test_the_disks_of_this_machine_can_be_listed() -> None:
    for disk in KernelBlockDevices().disks():
        assert disk.size_bytes > 0 or disk.serial
        assert Path(f"/sys/dev/block/{disk.device_number}").exists()
