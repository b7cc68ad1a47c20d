"""Images of volumes that cannot or should not be mounted; each function changes one in place."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path
from typing import Literal

from support.damage import PAGE_BYTES, overwritten
from support.volumes import make_blank

SECTOR_BYTES = 512
# Far from what any kernel knows: they number the features from 0.
UNKNOWN_XFS_FEATURE = 1 << 30
# libblkid's luks.c: magic, version, header size, sequence, label, checksum algorithm, salt, UUID.
_LUKS2 = struct.Struct(">6sHQQ48s32s64s40s")


def make_partitioned(image: Path, label: Literal["gpt", "dos"] = "gpt") -> None:
    """Make it what a disk with a system on it is: a partition table, and one partition."""
    make_blank(image)
    table = f"label: {label}\n,,\n"
    # It would wait for udev, which has nothing to do with a file.
    argv = ["sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", str(image)]
    subprocess.run(argv, input=table, text=True, check=True)


def make_encrypted(image: Path) -> None:
    """Make it what LUKS leaves, as far as `blkid` looks: no key opens it."""
    make_blank(image)
    identifier = b"6f2c1f2e-53ad-4c3d-9f6f-0f5b7c2d1e10"
    header = _LUKS2.pack(
        b"LUKS\xba\xbe", 2, 4 * PAGE_BYTES, 1, b"", b"sha256", bytes(64), identifier
    )
    overwritten(image, 0, header)


def make_ambivalent(ext4: Path, xfs: Path) -> None:
    """Give a sound ext4 image the superblock of an XFS image too; `blkid` cannot tell which it is.

    XFS has its own in the first sector, ext4 leaves that to boot loaders.
    """
    with xfs.open("rb") as file:
        overwritten(ext4, 0, file.read(SECTOR_BYTES))


def make_xfs_log_corrupt(image: Path) -> None:
    """Write garbage over both ends of the log, so that no head of it can be found."""
    block, blocks, block_bytes = (
        int(_xfs_db(image, "sb 0", f"print {field}").split()[-1])
        for field in ("logstart", "logblocks", "blocksize")
    )
    start = int(_xfs_db(image, f"convert fsblock {block} byte").split()[-1].strip("()"))
    for offset in (start, start + (blocks - 1) * block_bytes):
        overwritten(image, offset, b"\xa5" * block_bytes)


def make_xfs_too_new(image: Path) -> None:
    """Set a feature in the superblock that no kernel knows, with a right checksum."""
    known = int(_xfs_db(image, "sb 0", "print features_incompat").split()[-1], 16)
    wanted = known | UNKNOWN_XFS_FEATURE
    _xfs_db(image, "sb 0", f"write -d features_incompat {wanted:#x}", options=["-x"])


def _xfs_db(image: Path, *commands: str, options: list[str] | None = None) -> str:
    argv = ["xfs_db", *(options or ["-r"])]
    for command in commands:
        argv += ["-c", command]
    done = subprocess.run([*argv, str(image)], check=True, capture_output=True, text=True)
    return done.stdout
