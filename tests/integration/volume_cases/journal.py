"""The mount: the journal's state, what the kernel refuses, and what may lie at the mount point."""

from __future__ import annotations

from pathlib import Path

from integration.volume_cases.case import Case
from integration.volume_cases.disks import add_loop
from integration.volume_cases.inside import inside, made_anew, write
from integration.volume_cases.originals import FILE
from integration.volume_cases.scene import Scene
from ladybug_lab.shell import run
from support.broken_volumes import make_xfs_log_corrupt, make_xfs_too_new
from support.damage import overwritten
from support.volumes import GIB, make_journal_dirty

TIMEOUT_S = 10.0
REPLAYED = ("'journal_replayed': True",)
SUPERBLOCK_COUNTERS = 128  # icount, of xfs_dsb
CLEAN = ("'journal_replayed': False",)
REFUSE = {"on_dirty_journal": "refuse"}


def _empty_and_dirty(image: Path) -> None:
    inside(write(FILE, b""))(image)
    make_journal_dirty(image)


def _beside_its_twin(scene: Scene) -> None:
    """Another volume of the same snapshot, with the same UUID, is mounted already."""
    target = scene.directory / "twin"
    target.mkdir()
    twin = add_loop(scene, scene.originals.xfs)
    run(["blockdev", "--setro", str(twin.node)], timeout_s=TIMEOUT_S)
    run(["mount", "-o", "ro", str(twin.node), str(target)], timeout_s=TIMEOUT_S)
    scene.cleanup.callback(run, ["umount", str(target)], timeout_s=TIMEOUT_S)


def _sealed_already(scene: Scene) -> None:
    """An earlier run sealed the device, and ended before the mount."""
    run(["blockdev", "--setro", str(scene.loop.node)], timeout_s=TIMEOUT_S)


def _without_root(image: Path) -> None:
    """The root directory is lost: what the kernel says of that fits none of the known reasons."""
    run(["debugfs", "-w", "-R", "clri <2>", str(image)], timeout_s=TIMEOUT_S)


def _with_unknown_feature(image: Path) -> None:
    run(["debugfs", "-w", "-R", "feature FEATURE_I31", str(image)], timeout_s=TIMEOUT_S)


CASES = (
    Case(name="holds a clean XFS", says=CLEAN),
    Case(name="holds a clean ext4", filesystem="ext4", says=CLEAN),
    Case(name="was sealed by an earlier run", arrange=_sealed_already, says=CLEAN),
    Case(
        name="has an XFS log to replay",
        change=make_journal_dirty,
        volume="replayed",
        says=REPLAYED,
    ),
    Case(
        name="has an ext4 journal to replay",
        filesystem="ext4",
        change=make_journal_dirty,
        volume="replayed",
        says=REPLAYED,
    ),
    Case(
        name="has a log to replay and was sealed by an earlier run",
        change=make_journal_dirty,
        arrange=_sealed_already,
        volume="replayed",
        says=REPLAYED,
    ),
    Case(
        name="has an XFS log to replay where that is refused",
        change=make_journal_dirty,
        data=REFUSE,
        code="filesystem_dirty",
        says=("{volume_id}", "{node}", "data.on_dirty_journal"),
    ),
    Case(
        name="has an ext4 journal to replay where that is refused",
        filesystem="ext4",
        change=make_journal_dirty,
        data=REFUSE,
        code="filesystem_dirty",
        says=("{volume_id}", "data.on_dirty_journal"),
    ),
    Case(
        name="has a log to replay and an empty database",
        change=_empty_and_dirty,
        volume="replayed",
        code="snapshot_database_empty",
        says=("{mount_point}/databases/sec.lbug",),
    ),
    Case(name="has the UUID of a volume that is mounted", arrange=_beside_its_twin, says=CLEAN),
    Case(
        name="has a corrupt XFS log",
        change=make_xfs_log_corrupt,
        code="filesystem_journal_corrupt",
        says=("{volume_id}", "{node}", "failed to find log head", "never repair"),
    ),
    Case(
        name="has features of a newer XFS",
        change=make_xfs_too_new,
        code="filesystem_too_new",
        says=("{volume_id}", "unknown incompatible features (0x40000000)", "update the AMI"),
    ),
    Case(
        name="has features of a newer ext4",
        filesystem="ext4",
        change=_with_unknown_feature,
        code="filesystem_too_new",
        says=("{volume_id}", "unsupported optional features (80000000)", "update the AMI"),
    ),
    Case(
        name="has an XFS superblock with a wrong checksum",
        change=lambda image: overwritten(image, SUPERBLOCK_COUNTERS, b"\xa5" * 8),
        code="filesystem_corrupt",
        says=("{volume_id}", "{node}", "SB validate failed"),
    ),
    Case(
        name="has an ext4 without its root directory",
        filesystem="ext4",
        change=_without_root,
        code="filesystem_corrupt",
        says=("{volume_id}", "{node}", "{mount_point}", "get root inode failed"),
    ),
    Case(
        name="is smaller than the XFS on it",
        change=made_anew("xfs", 2 * GIB),
        code="device_truncated",
        says=("{volume_id}", "{node}", "last sector read failed"),
    ),
    Case(
        name="is smaller than the ext4 on it",
        filesystem="ext4",
        change=made_anew("ext4", 2 * GIB),
        code="device_truncated",
        says=("{volume_id}", "bad geometry"),
    ),
)
