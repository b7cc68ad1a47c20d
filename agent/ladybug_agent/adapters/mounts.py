"""The mount table, mount(8) and umount(8)."""

from __future__ import annotations

import re
from pathlib import Path

from ladybug_agent.adapters.commands import run_command
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure, NotYet
from ladybug_agent.storage_model import MountEntry

MOUNTINFO = Path("/proc/self/mountinfo")
# What mount(8) says when the kernel answers EROFS: the journal is dirty, the device sealed.
NEEDS_WRITING = re.compile(r"cannot mount \S+ read-only")


class SystemMounts:
    def __init__(self, mountinfo: Path = MOUNTINFO) -> None:
        self._mountinfo = mountinfo

    def at(self, target: Path) -> MountEntry | None:
        text = self._mountinfo.read_text(encoding="utf-8", errors="surrogateescape")
        entries = [parse_mountinfo_line(line) for line in text.splitlines()]
        # Later lines cover earlier ones.
        return next((entry for entry in reversed(entries) if entry.target == target), None)

    def mount(
        self, node: str, target: Path, filesystem: str, options: tuple[str, ...], deadline: Deadline
    ) -> None:
        try:
            run_command([
                "mount",
                "--types", filesystem,
                "--options", ",".join(options),
                "--source", node, "--target", str(target),
            ], deadline=deadline)  # fmt: skip
        except ExternalFailure as error:
            if NEEDS_WRITING.search(str(error)):
                raise NotYet(
                    "mount_needs_journal_replay",
                    f"{node} has a journal to replay and is sealed against writes",
                ) from error
            raise

    def unmount(self, target: Path, deadline: Deadline) -> None:
        run_command(["umount", str(target)], deadline=deadline)


def parse_mountinfo_line(line: str) -> MountEntry:
    """Parse one line of mountinfo; see proc_pid_mountinfo(5).

    >>> parse_mountinfo_line("36 35 259:1 / /a\\\\040b ro,nodev - xfs /dev/nvme1n1 ro").target
    PosixPath('/a b')
    """
    mount, _, filesystem = line.partition(" - ")
    mount_id, _, device_number, _, target, options, *_ = mount.split(" ")
    fstype, source, super_options = (*filesystem.split(" "), "", "")[:3]
    return MountEntry(
        mount_id=int(mount_id),
        device_number=device_number,
        source=_unescape(source),
        target=Path(_unescape(target)),
        filesystem=fstype,
        # Read-only counts only if the mount says so; what the superblock says comes along.
        options=frozenset(options.split(",")) | frozenset(super_options.split(",")) - {"rw", "ro"},
    )


def _unescape(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
