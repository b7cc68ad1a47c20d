"""Volumes of the lab: real images, loop devices and udev."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import pyudev

from ladybug_lab.errors import LabError
from ladybug_lab.shell import run
from ladybug_lab.volumes import image as volume
from ladybug_lab.volumes import udev

pytestmark = pytest.mark.integration

SIZE_BYTES = 320 * 2**20


@pytest.fixture(autouse=True)
def volume_rule() -> None:
    # Both stay: another run on this machine may rely on them by now, and they go with a reboot.
    udev.ensure_udevd()
    udev.ensure_volume_rule()


@pytest.fixture
def content(tmp_path: Path) -> Path:
    databases = tmp_path / "content" / "databases"
    databases.mkdir(parents=True)
    (databases / "sec.lbug").write_text("filings")
    (databases / "sec.lbug").chmod(0o600)
    return databases.parent


@pytest.fixture
def image(tmp_path: Path, content: Path) -> Path:
    path = tmp_path / f"vol-{secrets.token_hex(8)}0"
    volume.make_image(path, content=content, size_bytes=SIZE_BYTES)
    return path


@pytest.fixture
def device(image: Path) -> Iterator[volume.LoopDevice]:
    attached = volume.attach(image)
    yield attached
    volume.detach(attached)


def link_of(image: Path) -> Path:
    return Path("/dev/disk/by-id", udev.LINK_PREFIX + image.name.replace("-", ""))


def test_an_attached_volume_has_the_identity_of_an_ebs_volume(device: volume.LoopDevice) -> None:
    node = str(device.node)
    seen = pyudev.Devices.from_device_file(pyudev.Context(), node).properties
    assert seen["ID_SERIAL_SHORT"] == device.image.name.replace("-", "")
    assert seen["ID_MODEL"] == "Amazon Elastic Block Store"
    assert link_of(device.image).resolve() == device.node


@pytest.mark.parametrize("filesystem", ["xfs", "ext4"])
def test_an_image_holds_the_content_readable_by_everyone(
    tmp_path: Path, content: Path, filesystem: Literal["xfs", "ext4"]
) -> None:
    image = tmp_path / "image"
    volume.make_image(image, content=content, size_bytes=SIZE_BYTES, filesystem=filesystem)
    assert f"TYPE={filesystem}" in run(["blkid", "-p", "-o", "export", str(image)], timeout_s=5)
    device = volume.attach(image)
    target = tmp_path / "mounted"
    target.mkdir()
    try:
        run(["mount", "--read-only", str(device.node), str(target)], timeout_s=5)
        try:
            stored = target / "databases" / "sec.lbug"
            assert stored.read_text() == "filings"
            assert (stored.stat().st_uid, stored.stat().st_mode & 0o777) == (0, 0o644)
        finally:
            run(["umount", str(target)], timeout_s=5)
    finally:
        volume.detach(device)


def test_an_image_too_small_for_its_content_leaves_nothing_behind(
    tmp_path: Path, content: Path
) -> None:
    (content / "large").write_bytes(bytes(8 * 2**20))
    image = tmp_path / "small"
    with pytest.raises(LabError, match="cannot copy"):
        volume.make_image(image, content=content, size_bytes=4 * 2**20, filesystem="ext4")
    assert [path.name for path in tmp_path.iterdir()] == ["content"]
    assert str(tmp_path) not in run(["losetup", "--list"], timeout_s=5)


def test_detaching_takes_the_link_away_and_can_be_repeated(image: Path) -> None:
    device = volume.attach(image)
    volume.detach(device)
    volume.detach(device)
    assert not link_of(image).is_symlink()


def test_a_device_that_now_belongs_to_another_image_is_left_alone(
    device: volume.LoopDevice,
) -> None:
    volume.detach(volume.LoopDevice(node=device.node, image=Path("/an/older/image")))
    assert device.is_attached()


def test_a_read_only_mark_of_an_earlier_use_is_lifted(image: Path) -> None:
    first = volume.attach(image)
    run(["blockdev", "--setro", str(first.node)], timeout_s=5)
    volume.detach(first)
    second = volume.attach(image)
    try:
        assert run(["blockdev", "--getro", str(second.node)], timeout_s=5).strip() == "0"
    finally:
        volume.detach(second)


def test_a_mounted_device_is_reported_as_in_use(device: volume.LoopDevice, tmp_path: Path) -> None:
    target = tmp_path / "mounted"
    target.mkdir()
    run(["mount", "--read-only", str(device.node), str(target)], timeout_s=5)
    try:
        with pytest.raises(LabError, match="still in use"):
            volume.detach(device)
    finally:
        run(["umount", str(target)], timeout_s=5)
