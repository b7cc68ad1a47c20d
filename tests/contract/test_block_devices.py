"""Disks as sysfs shows them and superblocks as blkid(8) reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contract.support.programs import FakePrograms
from contract.support.timing import ends_within
from ladybug_agent.adapters.block_devices import KernelBlockDevices
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import DeadlineExceeded, ExternalFailure, NotYet, Refused
from ladybug_agent.storage_model import BlockDevice, FilesystemProbe

DATA = Path(__file__).parents[1] / "data" / "blkid"
OUTPUTS = sorted(path.stem for path in DATA.glob("*.txt"))
NODE = "/dev/nvme1n1"
SERIAL = "vol0123456789abcdef0"
AMBIVALENT = f"blkid: {NODE}: ambivalent result (probably more filesystems on the device, use \
wipefs(8) to see more details)\n"


class FakeSysfs:
    """A tree of files such as the kernel shows below `/sys`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "block").mkdir(parents=True)

    def add(self, name: str, number: str, *, sectors: int = 2048, **attributes: str) -> Path:
        """Add a disk; in the name of an attribute, `__` stands for a slash."""
        disk = self.root / "block" / name
        contents = {"dev": number, "size": str(sectors), **attributes}
        for attribute, text in contents.items():
            path = disk / attribute.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{text}\n", encoding="ascii")
        return disk


@pytest.fixture
def sysfs(tmp_path: Path) -> FakeSysfs:
    return FakeSysfs(tmp_path / "sys")


def disks(sysfs: FakeSysfs, **by_udev: str) -> tuple[BlockDevice, ...]:
    return KernelBlockDevices(sysfs.root, lambda node: by_udev.get(Path(node).name)).disks()


def test_the_serial_of_an_nvme_disk_is_without_its_padding(sysfs: FakeSysfs) -> None:
    sysfs.add("nvme1n1", "259:3", sectors=41943040, diskseq="9", device__serial=f"{SERIAL:<40}")
    assert disks(sysfs) == (
        BlockDevice(
            node=NODE,
            device_number="259:3",
            size_bytes=20 * 1024**3,
            serial=SERIAL,
            disk_sequence=9,
        ),
    )


def test_the_serial_of_a_virtio_disk_is_found(sysfs: FakeSysfs) -> None:
    sysfs.add("vda", "254:0", serial=SERIAL)
    assert [disk.serial for disk in disks(sysfs)] == [SERIAL]


def test_a_serial_padded_with_zero_bytes_is_without_them(sysfs: FakeSysfs) -> None:
    sysfs.add("sda", "8:0", device__serial=f"{SERIAL}\0\0\0\0")
    assert [disk.serial for disk in disks(sysfs)] == [SERIAL]


def test_udev_is_asked_where_the_kernel_knows_no_serial(sysfs: FakeSysfs) -> None:
    sysfs.add("loop0", "7:0")
    sysfs.add("loop1", "7:1")
    assert [disk.serial for disk in disks(sysfs, loop0=SERIAL)] == [SERIAL, None]


def test_the_kernel_is_believed_before_udev(sysfs: FakeSysfs) -> None:
    sysfs.add("nvme1n1", "259:3", device__serial=SERIAL)
    assert [disk.serial for disk in disks(sysfs, nvme1n1="vol-stale")] == [SERIAL]


def test_an_empty_serial_is_none(sysfs: FakeSysfs) -> None:
    sysfs.add("nvme1n1", "259:3", device__serial=" " * 40)
    assert [disk.serial for disk in disks(sysfs)] == [None]


def test_a_disk_without_a_medium_is_left_out(sysfs: FakeSysfs) -> None:
    sysfs.add("loop0", "7:0", sectors=0)
    sysfs.add("loop1", "7:1")
    assert [disk.node for disk in disks(sysfs)] == ["/dev/loop1"]


def test_a_disk_that_vanishes_meanwhile_is_left_out(sysfs: FakeSysfs) -> None:
    (sysfs.root / "block" / "nvme1n1").symlink_to("../devices/gone")
    sysfs.add("nvme2n1", "259:4")
    (sysfs.add("nvme3n1", "259:5") / "dev").unlink()
    assert [disk.node for disk in disks(sysfs)] == ["/dev/nvme2n1"]


def test_an_old_kernel_has_no_disk_sequence(sysfs: FakeSysfs) -> None:
    sysfs.add("nvme1n1", "259:3")
    assert [disk.disk_sequence for disk in disks(sysfs)] == [None]


def test_a_slash_in_a_name_is_written_otherwise_in_sysfs(sysfs: FakeSysfs) -> None:
    sysfs.add("cciss!c0d0", "104:0")
    assert [disk.node for disk in disks(sysfs)] == ["/dev/cciss/c0d0"]


def test_the_disks_of_this_machine_can_be_listed() -> None:
    assert all(disk.size_bytes > 0 for disk in KernelBlockDevices().disks())


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_probe_is_what_blkid_says(
    programs: FakePrograms, deadline: Deadline, output: str, tmp_path: Path
) -> None:
    node = tmp_path / "nvme1n1"
    node.write_bytes(bytes(4096))
    text = (DATA / f"{output}.txt").read_text()
    expected: dict[str, Any] = json.loads((DATA / f"{output}.json").read_text())
    programs.add("blkid", stdout=text, status=0 if text else 2)
    assert KernelBlockDevices().probe(str(node), deadline) == FilesystemProbe(**expected)
    assert programs.arguments("blkid") == ["--probe", "--output", "export", str(node)]


def test_a_disk_whose_node_is_not_there_yet_is_not_blank(
    programs: FakePrograms, deadline: Deadline, tmp_path: Path
) -> None:
    programs.add("blkid", status=2)
    with pytest.raises(NotYet, match="no such node yet"):
        KernelBlockDevices().probe(str(tmp_path / "nvme1n1"), deadline)


def test_a_disk_that_cannot_be_read_is_not_blank(
    programs: FakePrograms, deadline: Deadline, tmp_path: Path
) -> None:
    programs.add("blkid", status=2)
    programs.add("dd", stderr="dd: error reading: Input/output error", status=1)
    node = tmp_path / "nvme1n1"
    node.touch()
    with pytest.raises(ExternalFailure, match="cannot read the first block") as failure:
        KernelBlockDevices().probe(str(node), deadline)
    assert failure.value.code == "device_unreadable"


def test_two_filesystems_on_one_disk_are_refused(
    programs: FakePrograms, deadline: Deadline
) -> None:
    programs.add("blkid", stderr=AMBIVALENT, status=8)
    with pytest.raises(Refused, match="signatures of more than one filesystem") as refusal:
        KernelBlockDevices().probe(NODE, deadline)
    assert refusal.value.code == "filesystem_ambiguous"


def test_a_blkid_that_fails_otherwise_is_an_error(
    programs: FakePrograms, deadline: Deadline
) -> None:
    programs.add("blkid", stderr="blkid: unrecognized option '--probe'\n", status=4)
    with pytest.raises(ExternalFailure, match="unrecognized option") as failure:
        KernelBlockDevices().probe(NODE, deadline)
    assert failure.value.code == "command_failed"


def test_a_probe_of_an_impaired_disk_is_ended(programs: FakePrograms, deadline: Deadline) -> None:
    programs.write("blkid", "exec sleep 300\n")
    with ends_within(1), pytest.raises(DeadlineExceeded):
        KernelBlockDevices().probe(NODE, deadline.capped(0.2))


@pytest.mark.parametrize("seal", [True, False])
def test_a_device_that_is_not_there_cannot_be_sealed(seal: bool) -> None:  # noqa: FBT001
    with pytest.raises(ExternalFailure) as failure:
        KernelBlockDevices().set_sealed("/dev/ladybug-no-such-disk", sealed=seal)
    assert failure.value.code == "device_unreadable"


def test_what_is_no_block_device_cannot_be_sealed(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for act in (
        lambda: KernelBlockDevices().set_sealed(str(file), sealed=True),
        lambda: KernelBlockDevices().is_sealed(str(file)),
    ):
        with pytest.raises(ExternalFailure) as failure:
            act()
        assert failure.value.code == "device_unreadable"
