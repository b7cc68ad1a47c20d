"""Whether the disk answers from end to end, is still that disk, and holds the right filesystem."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from integration.volume_cases.case import Case, Change
from integration.volume_cases.disks import (
    faulty,
    grow,
    hang_for_a_while,
    read_only_loop,
    reattach,
    swap_disk,
)
from integration.volume_cases.inside import made_anew
from ladybug_lab.volumes.faulty_file import FaultyFile
from support.broken_volumes import make_ambivalent, make_encrypted, make_partitioned
from support.damage import PAGE_BYTES, truncated
from support.volumes import GIB, make_blank

READ_TIMEOUT_S = 1.0
# A process that is in the middle of a read is given up 5 s after its kill.
SOON_S = READ_TIMEOUT_S + 6.0
MIDDLE = GIB // 2
Fault = Callable[[FaultyFile, Path], None]


def _fail_block(offset: int) -> Fault:
    return lambda view, _: view.fail_reads(offset, offset + PAGE_BYTES)


def _hang_block(offset: int) -> Fault:
    return lambda view, _: hang_for_a_while(view, offset, offset + PAGE_BYTES)


def _cut(lost_bytes: int) -> Change:
    return lambda image: truncated(image, lost_bytes)


def _with_both_signatures(image: Path) -> None:
    xfs = image.with_name("beside.xfs")
    made_anew("xfs", GIB)(xfs)
    make_ambivalent(image, xfs)
    xfs.unlink()


CASES = (
    Case(
        name="gives an I/O error in its first block",
        attach=faulty(_fail_block(0)),
        code="device_unreadable",
        says=("{node}", "the kernel says", "I/O error"),
    ),
    Case(
        name="gives an I/O error in its middle block",
        attach=faulty(_fail_block(MIDDLE)),
        code="device_unreadable",
        says=("{node}", "the kernel says", "I/O error"),
    ),
    Case(
        name="gives an I/O error in its last block",
        attach=faulty(_fail_block(GIB - PAGE_BYTES)),
        code="device_unreadable",
        says=("{node}", "describe-volume-status"),
    ),
    Case(
        name="never answers a read of its first block",
        attach=faulty(_hang_block(0)),
        data={"read_timeout_s": READ_TIMEOUT_S},
        code="device_unresponsive",
        says=("{node}", "describe-volume-status", "data.read_timeout_s"),
        within_s=SOON_S,
    ),
    Case(
        name="never answers a read of its middle block",
        attach=faulty(_hang_block(MIDDLE)),
        data={"read_timeout_s": READ_TIMEOUT_S},
        code="device_unresponsive",
        says=("{node}",),
        within_s=SOON_S,
    ),
    Case(
        name="is exchanged under its name before it is opened",
        attach=read_only_loop,
        after=("find_volume", swap_disk),
        code="device_replaced",
        says=("{node}", "disk sequence number"),
    ),
    Case(
        name="is exchanged under its name before it is mounted",
        attach=read_only_loop,
        after=("await_device", swap_disk),
        code="device_replaced",
        says=("{node}", "disk sequence number"),
    ),
    Case(
        name="is detached, and another takes its name",
        after=("find_volume", reattach),
        code="device_replaced",
        says=("{node}", "disk sequence number"),
    ),
    Case(
        name="grows after it was found",
        after=("find_volume", grow),
        code="device_replaced",
        says=("{node}", "1073741824", "1074790400"),
    ),
    Case(
        name="has lost its end",
        change=_cut(2**20),
        code="device_size_differs",
        says=("{volume_id}", "{node}"),
    ),
    Case(
        name="is blank",
        change=make_blank,
        code="filesystem_missing",
        says=("{volume_id}", "{node}", "xfs", "SnapshotId"),
    ),
    Case(
        name="has a GUID partition table",
        change=make_partitioned,
        code="filesystem_partitioned",
        says=("{volume_id}", "{node}", "gpt"),
    ),
    Case(
        name="has a DOS partition table",
        change=lambda image: make_partitioned(image, "dos"),
        code="filesystem_partitioned",
        says=("{node}", "dos"),
    ),
    Case(
        name="is encrypted by LUKS",
        change=make_encrypted,
        code="filesystem_unexpected",
        says=("{volume_id}", "{node}", "crypto_LUKS"),
    ),
    Case(
        name="has the signatures of two filesystems",
        filesystem="ext4",
        change=_with_both_signatures,
        code="filesystem_ambiguous",
        says=("{node}", "wipefs"),
    ),
    Case(
        name="has ext4 where XFS is wanted",
        filesystem="ext4",
        data={"filesystem": "xfs"},
        code="filesystem_unexpected",
        says=("{volume_id}", "wanted xfs", "found ext4", "data.filesystem"),
    ),
    Case(
        name="has XFS where ext4 is wanted",
        data={"filesystem": "ext4"},
        code="filesystem_unexpected",
        says=("wanted ext4", "found xfs"),
    ),
)
