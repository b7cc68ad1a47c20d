"""Who a disk says it is: its controller first, then sysfs, then Xen's name, and udev last."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.support.sysfs import FakeSysfs
from ladybug_agent.adapters.block_devices import KernelBlockDevices
from ladybug_agent.adapters.nvme import (
    PAGE_BYTES,
    NvmeIdentity,
    identify_controller,
    parse_identity,
)
from ladybug_agent.adapters.udev import UdevIdentity
from ladybug_agent.model.storage import EBS_MODEL, INSTANCE_STORE_MODEL, BlockDevice
from ladybug_lab.volumes.nvme_identity import ebs_identify_page, instance_store_identify_page

VOLUME_ID, SERIAL = "vol-0123456789abcdef0", "vol0123456789abcdef0"
EBS_PAGE = ebs_identify_page(VOLUME_ID, "/dev/sdf")
STORE_SERIAL = "AWS22C51A5D6F7E8B9C0"


@pytest.fixture
def sysfs(tmp_path: Path) -> FakeSysfs:
    return FakeSysfs(tmp_path / "sys")


def answering(page: bytes) -> Callable[[str], bytes]:
    return lambda _: page


def refusing(number: int) -> Callable[[str], bytes]:
    def identify(node: str) -> bytes:
        raise OSError(number, os.strerror(number), node)

    return identify


def the_disk(
    sysfs: FakeSysfs,
    identify: Callable[[str], bytes] | None = None,
    udev: UdevIdentity | None = None,
) -> BlockDevice:
    identify = identify or refusing(errno.EACCES)
    (disk,) = KernelBlockDevices(sysfs.root, identify, lambda _: udev or UdevIdentity()).disks()
    return disk


def named(disk: BlockDevice) -> tuple[str | None, str, str]:
    return disk.serial, disk.model, disk.device_name


def test_an_ebs_volume_tells_serial_model_and_device_name(sysfs: FakeSysfs) -> None:
    sysfs.add("nvme1n1", "259:3")
    assert named(the_disk(sysfs, answering(EBS_PAGE))) == (SERIAL, EBS_MODEL, "/dev/sdf")


def test_a_volume_attached_at_launch_has_a_name_without_a_directory() -> None:
    identity = parse_identity(ebs_identify_page(VOLUME_ID, "xvdf"))
    assert identity is not None
    assert identity.device_name == "xvdf"


def test_a_short_volume_id_is_told_without_its_padding() -> None:
    identity = parse_identity(ebs_identify_page("vol-0123abcd", "xvdf"))
    assert identity is not None
    assert identity.serial == "vol0123abcd"


@pytest.mark.parametrize(
    ("text", "name"), [("ephemeral0:sdh", "sdh"), ("ephemeral0:none", ""), ("", "")]
)
def test_an_instance_store_disk_is_known_by_its_model(text: str, name: str) -> None:
    page = instance_store_identify_page(STORE_SERIAL, text)
    assert parse_identity(page) == NvmeIdentity(
        vendor_id=0x1D0F, serial=STORE_SERIAL, model=INSTANCE_STORE_MODEL, device_name=name
    )


def test_another_makers_vendor_bytes_are_no_device_name() -> None:
    page = parse_identity(b"\x36\x1b" + EBS_PAGE[2:])
    assert page is not None
    assert (page.vendor_id, page.serial, page.device_name) == (0x1B36, SERIAL, "")


def test_a_field_that_is_no_text_matches_nothing() -> None:
    page = bytearray(EBS_PAGE)
    page[4:24] = b"\xff" * 20
    identity = parse_identity(bytes(page))
    assert identity is not None
    assert identity.serial == "\N{REPLACEMENT CHARACTER}" * 20


def test_a_page_of_zeros_tells_nothing(sysfs: FakeSysfs) -> None:
    sysfs.add("nvme1n1", "259:3", device__serial=SERIAL)
    assert named(the_disk(sysfs, answering(bytes(PAGE_BYTES)))) == (None, "", "")


@pytest.mark.parametrize(
    "identify",
    [
        answering(EBS_PAGE[:-1]),
        answering(b""),
        refusing(errno.EACCES),
        refusing(errno.ENOTTY),
        refusing(errno.EIO),
    ],
    ids=["a short page", "an empty page", "not allowed", "no such request", "an I/O error"],
)
def test_sysfs_answers_where_the_controller_does_not(
    sysfs: FakeSysfs, identify: Callable[[str], bytes]
) -> None:
    sysfs.add("nvme1n1", "259:3", device__serial=f"{SERIAL:<40}", device__model=f"{EBS_MODEL:<40}")
    assert named(the_disk(sysfs, identify)) == (SERIAL, EBS_MODEL, "")


def test_the_controller_is_believed_before_sysfs(sysfs: FakeSysfs) -> None:
    sysfs.add("nvme1n1", "259:3", device__serial="vol0aaaaaaaaaaaaaaaa", device__model="stale")
    assert named(the_disk(sysfs, answering(EBS_PAGE))) == (SERIAL, EBS_MODEL, "/dev/sdf")


def test_only_an_nvme_disk_is_asked_by_its_controller(sysfs: FakeSysfs) -> None:
    sysfs.add("vda", "254:0", serial="virtio-serial")
    assert the_disk(sysfs, answering(EBS_PAGE)).serial == "virtio-serial"


@pytest.mark.parametrize("padding", [" " * 20, "\0" * 20, ""])
def test_a_serial_in_sysfs_is_told_without_its_padding(sysfs: FakeSysfs, padding: str) -> None:
    sysfs.add("sda", "8:0", device__serial=SERIAL + padding)
    assert the_disk(sysfs).serial == SERIAL


@pytest.mark.parametrize("name", ["xvdf", "xvdba", "sdf"])
def test_a_disk_of_xen_is_named_as_ec2_names_the_attachment(sysfs: FakeSysfs, name: str) -> None:
    sysfs.make_xen(sysfs.add(name, "202:80"))
    assert named(the_disk(sysfs, udev=UdevIdentity(serial="x"))) == (None, "", name)


def test_a_disk_of_another_bus_is_not_named_by_its_node(sysfs: FakeSysfs) -> None:
    sysfs.add("sdf", "8:80", device__model="QEMU HARDDISK")
    assert named(the_disk(sysfs)) == (None, "QEMU HARDDISK", "")


def test_udev_is_asked_where_the_kernel_knows_no_serial(sysfs: FakeSysfs) -> None:
    sysfs.add("loop0", "7:0")
    said = UdevIdentity(serial=SERIAL, model=EBS_MODEL)
    assert named(the_disk(sysfs, udev=said)) == (SERIAL, EBS_MODEL, "")


def test_the_kernel_is_believed_before_udev(sysfs: FakeSysfs) -> None:
    sysfs.add("nvme1n1", "259:3", device__serial=SERIAL, device__model=EBS_MODEL)
    stale = UdevIdentity(serial="vol0stale", model="stale")
    assert named(the_disk(sysfs, udev=stale)) == (SERIAL, EBS_MODEL, "")


def test_an_empty_serial_is_none(sysfs: FakeSysfs) -> None:
    sysfs.add("nvme1n1", "259:3", device__serial=" " * 40)
    assert the_disk(sysfs).serial is None


@pytest.mark.parametrize("node", ["/dev/ladybug-no-such-disk", "/dev/null", "/etc/hostname"])
def test_what_is_no_nvme_disk_cannot_be_identified(node: str) -> None:
    with pytest.raises(OSError, match=r"No such file|Inappropriate ioctl"):
        identify_controller(node)
