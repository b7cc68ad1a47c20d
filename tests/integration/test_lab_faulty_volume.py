"""A volume on a disk that fails or does not answer."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ladybug_lab.volumes.faulty_file import FaultyFile, faulty_file
from ladybug_lab.volumes.image import attach, detach
from ladybug_lab.volumes.udev import ensure_udevd, ensure_volume_rule
from support import volumes
from support.mount_attempt import attempt_mount

pytestmark = pytest.mark.integration

WAIT_S = 10.0


@pytest.fixture
def image(tmp_path: Path) -> Path:
    ensure_udevd()
    ensure_volume_rule()
    (tmp_path / "content" / "databases").mkdir(parents=True)
    path = tmp_path / f"vol-{secrets.token_hex(8)}0"
    return volumes.make_volume(path, content=tmp_path / "content")


@pytest.fixture
def faulty(image: Path) -> Iterator[FaultyFile]:
    with faulty_file(image) as served:
        yield served


@pytest.fixture
def node(faulty: FaultyFile) -> Iterator[Path]:
    device = attach(faulty.path)
    yield device.node
    faulty.release()
    detach(device)


def test_a_journal_can_be_replayed_on_it(image: Path) -> None:
    volumes.make_journal_dirty(image)
    with faulty_file(image) as served:
        assert attempt_mount(served.path).names == {"databases"}
    assert not volumes.xfs_log_is_dirty(image)


def test_a_volume_that_cannot_be_read_is_not_mounted(faulty: FaultyFile) -> None:
    faulty.fail_reads(0, volumes.GIB)
    found = attempt_mount(faulty.path, "--types", "xfs")
    assert (found.status, "can't read superblock" in found.complaint) == (32, True), found
    assert "SB validate failed with error -5" in found.kernel


def test_a_mount_that_hangs_goes_on_after_the_release(
    faulty: FaultyFile, node: Path, tmp_path: Path
) -> None:
    target = tmp_path / "mounted"
    target.mkdir()
    subprocess.run(["blockdev", "--flushbufs", str(node)], check=True)
    faulty.hang_reads(0, volumes.GIB)
    argv = ["mount", "--read-only", "--types", "xfs", str(node), str(target)]
    with subprocess.Popen(argv) as mount:
        faulty.await_blocked(WAIT_S)
        assert mount.poll() is None
        faulty.release()
        assert mount.wait(WAIT_S) == 0
    subprocess.run(["umount", str(target)], check=True)
