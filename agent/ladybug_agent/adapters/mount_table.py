"""The mount table and fstab(5), by reading only: nothing here can wait for a device."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ladybug_agent.model.storage import MountEntry

MOUNTINFO = Path("/proc/self/mountinfo")
MACHINES_MOUNTS = Path("/proc/1/mountinfo")
"""Seen from within a mount namespace of one's own, where every mount has another id."""
FSTAB = Path("/etc/fstab")
MOUNT_ID = re.compile("[0-9]{1,20}")


class MountTable:
    def __init__(self, mountinfo: Path = MOUNTINFO, fstab: Path = FSTAB) -> None:
        self._mountinfo = mountinfo
        self._fstab = fstab

    def entries(self) -> tuple[MountEntry, ...]:
        text = self._mountinfo.read_text(encoding="utf-8", errors="surrogateescape")
        found = (parse_mountinfo_line(line) for line in text.split("\n"))
        return tuple(entry for entry in found if entry is not None)

    def at(self, target: Path) -> MountEntry | None:
        # Later lines cover earlier ones.
        return next((entry for entry in reversed(self.entries()) if entry.target == target), None)

    def device_number_at(self, path: Path) -> str | None:
        try:
            device = path.lstat().st_dev
        except OSError:
            return None
        return f"{os.major(device)}:{os.minor(device)}"

    def fstab_line(self, target: Path) -> str | None:
        try:
            text = self._fstab.read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return None
        for line in text.split("\n"):
            fields = [] if line.lstrip().startswith("#") else line.split()
            if len(fields) > 1 and Path(_unescape(fields[1])) == target:
                return line.strip()
        return None


def parse_mountinfo_line(line: str) -> MountEntry | None:
    """Parse one line of mountinfo, None for what is not one; see proc_pid_mountinfo(5).

    >>> parse_mountinfo_line("36 35 259:1 / /a\\\\040b ro,nodev - xfs /dev/nvme1n1 ro").target
    PosixPath('/a b')
    """
    mount, separator, filesystem = line.partition(" - ")
    fields, tail = mount.split(" "), filesystem.split(" ")
    if not separator or len(fields) < 6 or not MOUNT_ID.fullmatch(fields[0]):  # noqa: PLR2004
        return None
    mount_id, _, device_number, root, target, options, *_ = fields
    fstype, source, super_options = (*tail, "", "")[:3]
    return MountEntry(
        mount_id=int(mount_id),
        device_number=device_number,
        root=_unescape(root),
        source=_unescape(source),
        target=Path(_unescape(target)),
        filesystem=fstype,
        # Read-only counts only if the mount says so; what the superblock says comes along.
        options=frozenset(options.split(",")) | frozenset(super_options.split(",")) - {"rw", "ro"},
        superblock_writable="rw" in super_options.split(","),
    )


def _unescape(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
