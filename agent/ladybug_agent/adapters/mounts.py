"""The mount table, mount(8) and umount(8)."""

from __future__ import annotations

import re
from pathlib import Path

from ladybug_agent.adapters.commands import run_command
from ladybug_agent.adapters.mount_table import FSTAB, MOUNTINFO, MountTable
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure, NotYet
from ladybug_agent.model.storage import MountEntry

# What mount(8) says when the kernel answers EROFS: the journal is dirty, the device sealed.
NEEDS_WRITING = re.compile(r"cannot mount \S+ read-only")


class SystemMounts:
    def __init__(self, mountinfo: Path = MOUNTINFO, fstab: Path = FSTAB) -> None:
        self._table = MountTable(mountinfo, fstab)

    def entries(self) -> tuple[MountEntry, ...]:
        return self._table.entries()

    def at(self, target: Path) -> MountEntry | None:
        return self._table.at(target)

    def device_number_at(self, path: Path) -> str | None:
        return self._table.device_number_at(path)

    def fstab_line(self, target: Path) -> str | None:
        return self._table.fstab_line(target)

    def mount(
        self, node: str, target: Path, filesystem: str, options: tuple[str, ...], deadline: Deadline
    ) -> None:
        _run_mount([], node, target, filesystem, options, deadline)

    def replay_journal(
        self, node: str, target: Path, filesystem: str, options: tuple[str, ...], deadline: Deadline
    ) -> None:
        # In a mount namespace of its own, which ends, and unmounts, with the process: nobody sees
        # the mount, and nothing of it is left behind whenever this process is killed.
        private = ["unshare", "--mount", "--propagation", "private"]
        _run_mount(private, node, target, filesystem, options, deadline)

    def unmount(self, target: Path, deadline: Deadline) -> None:
        run_command(["umount", str(target)], deadline=deadline)


def _run_mount(
    prefix: list[str],
    node: str,
    target: Path,
    filesystem: str,
    options: tuple[str, ...],
    deadline: Deadline,
) -> None:
    try:
        run_command([
            *prefix, "mount",
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
