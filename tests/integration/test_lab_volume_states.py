"""Images of volumes in every state that the tests use: what blkid, mount and the kernel say to it.

The words of the kernel are those of Linux 6.18; mount(8) is util-linux 2.38.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import pytest

from support import broken_volumes, volumes
from support.damage import overwritten, truncated
from support.mount_attempt import attempt_mount, blkid_probe

pytestmark = pytest.mark.integration

Filesystem = Literal["xfs", "ext4"]
WRONG_TYPE = "wrong fs type, bad option, bad superblock on"
MIB = 2**20


def made(directory: Path, filesystem: Filesystem) -> Path:
    content = directory / f"content-{filesystem}"
    (content / "databases").mkdir(parents=True)
    (content / "databases" / "sec.lbug").write_bytes(b"filings" * 4096)
    return volumes.make_volume(directory / filesystem, content=content, filesystem=filesystem)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("originals")
    return {"xfs": made(directory, "xfs"), "ext4": made(directory, "ext4")}


def copied(original: Path, directory: Path) -> Path:
    copy = directory / original.name
    volumes.copy_image(original, copy)
    return copy


@pytest.fixture
def xfs(originals: dict[str, Path], tmp_path: Path) -> Path:
    return copied(originals["xfs"], tmp_path)


@pytest.fixture
def ext4(originals: dict[str, Path], tmp_path: Path) -> Path:
    return copied(originals["ext4"], tmp_path)


@pytest.fixture(params=["xfs", "ext4"])
def image(request: pytest.FixtureRequest, originals: dict[str, Path], tmp_path: Path) -> Path:
    return copied(originals[request.param], tmp_path)


def test_a_sound_volume_is_a_whole_number_of_gib_and_mounts(image: Path) -> None:
    assert image.stat().st_size == volumes.GIB
    found = attempt_mount(image, seal=True)
    assert (found.status, found.names) == (0, {"databases"}), found


def test_a_sealed_mount_changes_nothing_and_a_writable_one_writes(xfs: Path) -> None:
    before = volumes.content_hash(xfs)
    attempt_mount(xfs, seal=True)
    assert volumes.content_hash(xfs) == before
    attempt_mount(xfs)
    assert volumes.content_hash(xfs) != before


def test_a_dirty_xfs_log_is_refused_on_a_sealed_device_and_replayed_on_another(xfs: Path) -> None:
    volumes.make_journal_dirty(xfs)
    assert volumes.xfs_log_is_dirty(xfs)
    sealed = attempt_mount(xfs, seal=True)
    assert (sealed.status, "cannot mount" in sealed.complaint) == (32, True), sealed
    assert "recovery required on read-only device" in sealed.kernel
    assert attempt_mount(xfs, "--options", "norecovery", seal=True).names == {"elsewhere"}
    assert attempt_mount(xfs).names == {"databases"}
    assert not volumes.xfs_log_is_dirty(xfs)


def test_a_dirty_ext4_journal_is_refused_on_a_sealed_device_and_replayed_on_another(
    ext4: Path,
) -> None:
    volumes.make_journal_dirty(ext4)
    assert volumes.ext4_journal_is_dirty(ext4)
    sealed = attempt_mount(ext4, seal=True)
    assert (sealed.status, "cannot mount" in sealed.complaint) == (32, True), sealed
    assert "write access unavailable, cannot proceed (try mounting with noload)" in sealed.kernel
    assert attempt_mount(ext4, "--options", "noload", seal=True).names == {"elsewhere"}
    assert attempt_mount(ext4).names == {"databases"}
    assert not volumes.ext4_journal_is_dirty(ext4)


def test_a_blank_volume_has_no_signature(xfs: Path) -> None:
    volumes.make_blank(xfs)
    assert (xfs.stat().st_size, blkid_probe(xfs)) == (volumes.GIB, (2, {}))
    found = attempt_mount(xfs)
    assert (found.status, WRONG_TYPE in found.complaint) == (32, True), found


@pytest.mark.parametrize("label", ["gpt", "dos"])
def test_a_partitioned_volume_has_a_table_and_no_filesystem(
    xfs: Path, label: Literal["gpt", "dos"]
) -> None:
    broken_volumes.make_partitioned(xfs, label)
    status, tags = blkid_probe(xfs)
    assert (status, tags["PTTYPE"], "TYPE" in tags) == (0, label, False)
    found = attempt_mount(xfs)
    assert (found.status, WRONG_TYPE in found.complaint) == (32, True), found


def test_an_encrypted_volume_is_recognised(xfs: Path) -> None:
    broken_volumes.make_encrypted(xfs)
    status, tags = blkid_probe(xfs)
    assert (status, tags["TYPE"], tags["USAGE"]) == (0, "crypto_LUKS", "crypto")
    found = attempt_mount(xfs)
    assert (found.status, found.kernel) == (32, ""), found
    assert "unknown filesystem type 'crypto_LUKS'" in found.complaint


def test_two_signatures_are_ambivalent_and_one_of_them_is_sound(ext4: Path, xfs: Path) -> None:
    broken_volumes.make_ambivalent(ext4, xfs)
    assert blkid_probe(ext4) == (8, {})
    found = attempt_mount(ext4)
    assert (found.status, "more filesystems detected" in found.complaint) == (1, True), found
    assert attempt_mount(ext4, "--types", "ext4").names == {"databases"}
    other = attempt_mount(ext4, "--types", "xfs")
    assert (other.status, "empty log check failed" in other.kernel) == (32, True), other


def test_a_truncated_xfs_volume_still_looks_like_one(xfs: Path) -> None:
    truncated(xfs, MIB)
    assert blkid_probe(xfs)[1]["TYPE"] == "xfs"
    found = attempt_mount(xfs)
    assert (found.status, "can't read superblock on" in found.complaint) == (32, True), found
    assert "last sector read failed" in found.kernel


def test_a_truncated_ext4_volume_still_looks_like_one(ext4: Path) -> None:
    truncated(ext4, MIB)
    assert blkid_probe(ext4)[1]["TYPE"] == "ext4"
    found = attempt_mount(ext4)
    assert (found.status, WRONG_TYPE in found.complaint) == (32, True), found
    assert "bad geometry: block count 262144 exceeds size of device" in found.kernel


def test_a_corrupt_xfs_log_is_refused_by_the_kernel(xfs: Path) -> None:
    broken_volumes.make_xfs_log_corrupt(xfs)
    assert blkid_probe(xfs)[1]["TYPE"] == "xfs"
    found = attempt_mount(xfs)
    assert (found.status, "Structure needs cleaning" in found.complaint) == (32, True), found
    # Before it: "Log inconsistent (didn't find previous header)".
    assert "failed to find log head" in found.kernel
    assert "log mount/recovery failed: error -117" in found.kernel


def test_an_xfs_volume_of_a_newer_kernel_is_refused(xfs: Path) -> None:
    broken_volumes.make_xfs_too_new(xfs)
    assert blkid_probe(xfs)[1]["TYPE"] == "xfs"
    found = attempt_mount(xfs)
    assert (found.status, WRONG_TYPE in found.complaint) == (32, True), found
    assert "Superblock has unknown incompatible features (0x40000000) enabled" in found.kernel


def test_the_hash_sees_a_changed_byte_and_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(b"")
    hashes = set()
    for offset in (0, 1, 5 * MIB, 8 * MIB - 1):
        os.truncate(path, 0)
        os.truncate(path, 8 * MIB)
        with path.open("r+b") as file:
            file.seek(offset)
            file.write(b"x")
        hashes.add(volumes.content_hash(path))
    assert len(hashes) == 4


def test_the_hash_takes_written_zeros_for_holes(xfs: Path) -> None:
    before, blocks = volumes.content_hash(xfs), xfs.stat().st_blocks
    overwritten(xfs, volumes.GIB - 100 * MIB - 12345, bytes(MIB))
    assert xfs.stat().st_blocks > blocks
    assert volumes.content_hash(xfs) == before


def test_the_hash_counts_the_size(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(bytes(10))
    two.write_bytes(bytes(11))
    assert volumes.content_hash(one) != volumes.content_hash(two)
