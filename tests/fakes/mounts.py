"""The mount table. A mounted volume shows real files under the mount point."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from fakes.databases import database_bytes
from fakes.disks import DiskState
from fakes.storage import ROOT_DISK, FakeBlockDevices
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, ExternalFailure, NotYet
from ladybug_agent.model.storage import BlockDevice, MountEntry

ROOT_ENTRY = MountEntry(
    mount_id=21,
    device_number=ROOT_DISK.partitions[0],
    root="/",
    source=f"{ROOT_DISK.node}p1",
    target=Path("/"),
    filesystem="ext4",
    options=frozenset({"rw", "relatime"}),
)


class FakeMounts:
    """The mount table of a machine with one data volume; `table` has all but the root filesystem.

    A disk with a `dirty` journal cannot be mounted while it is sealed; mounting it unsealed
    replays the journal. A mount that `raises` leaves `kernel_says` in the kernel's log.
    `vanishes` unmounts at once, as a systemd mount unit may. `contents` is what the volume holds,
    and what was written through a writable mount, once that is unmounted.
    """

    def __init__(
        self,
        devices: FakeBlockDevices,
        *,
        contents: Mapping[str, bytes] | None = None,
        vanishes: bool = False,
        raises: AgentError | None = None,
        replay_raises: AgentError | None = None,
        kernel_says: Sequence[str] = (),
    ) -> None:
        self._devices = devices
        self._vanishes = vanishes
        self._next_id = 36
        self.contents = dict(
            {"databases/sec.lbug": database_bytes()} if contents is None else contents
        )
        self.raises = raises
        self.replay_raises = replay_raises
        self.kernel_says = kernel_says
        self.fstab: dict[Path, str] = {}
        self.table: dict[Path, MountEntry] = {}

    def entries(self) -> tuple[MountEntry, ...]:
        return (ROOT_ENTRY, *self.table.values())

    def at(self, target: Path) -> MountEntry | None:
        return self.table.get(target)

    def device_number_at(self, path: Path) -> str | None:
        above = {path, *path.parents}
        return next(e.device_number for e in reversed(self.entries()) if e.target in above)

    def fstab_line(self, target: Path) -> str | None:
        return self.fstab.get(target)

    def mount(
        self, node: str, target: Path, filesystem: str, options: tuple[str, ...], deadline: Deadline
    ) -> None:
        deadline.check(f"the mount of {node}")
        self._fail(self.raises)
        disk, state = self._disk(node)
        if "rw" in options:
            _write(node, state)
        self._settle_journal(node, state)
        if self._vanishes:
            return
        if target in self.table:
            raise ExternalFailure("command_failed", f"{node} is already mounted on {target}")
        self._next_id += 1
        self.table[target] = MountEntry(
            mount_id=self._next_id,
            device_number=disk.device_number,
            root="/",
            source=node,
            target=target,
            filesystem=filesystem,
            options=frozenset(options),
        )
        for name, content in self.contents.items():
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def replay_journal(
        self, node: str, target: Path, filesystem: str, options: tuple[str, ...], deadline: Deadline
    ) -> None:
        del target, filesystem, options  # nobody sees that mount
        deadline.check(f"the mount of {node}")
        self._fail(self.replay_raises)
        _, state = self._disk(node)
        self._settle_journal(node, state)

    def unmount(self, target: Path, deadline: Deadline) -> None:
        deadline.check(f"the unmount of {target}")
        if target not in self.table:
            raise ExternalFailure("command_failed", f"{target} is not mounted")
        if _is_open_below(target):
            raise ExternalFailure("command_failed", f"{target}: target is busy.")
        entry = self.table.pop(target)
        if "rw" in entry.options:
            found = (path for path in sorted(target.rglob("*")) if path.is_file())
            self.contents = {str(path.relative_to(target)): path.read_bytes() for path in found}
        for path in target.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def _disk(self, node: str) -> tuple[BlockDevice, DiskState]:
        disk = self._devices.at(node)
        if disk is None:
            raise ExternalFailure("command_failed", f"special device {node} does not exist")
        return disk, self._devices.states[node]

    def _fail(self, error: AgentError | None) -> None:
        if error:
            self._devices.kernel_log.lines.extend(self.kernel_says)
            raise error

    def _settle_journal(self, node: str, state: DiskState) -> None:
        """Do what the kernel does at a mount: replay, if it may, what must be replayed."""
        if state.dirty and state.sealed:
            raise NotYet("mount_needs_journal_replay", f"{node} has a journal to replay")
        if not state.sealed:
            state.written = True  # XFS clears a stale log even if it is clean
        if state.dirty:
            state.dirty = state.stays_dirty
            state.journal_replays += 1


def _is_open_below(target: Path) -> bool:
    """Whether this very process holds a file of the volume open: the kernel unmounts none then."""
    for link in Path("/proc/self/fd").iterdir():
        try:
            if link.readlink().is_relative_to(target):
                return True
        except OSError:
            continue  # closed meanwhile, as the one that lists them is
    return False


def _write(node: str, state: DiskState) -> None:
    if state.sealed:
        raise ExternalFailure("command_failed", f"cannot mount {node}: it is write-protected")
    state.written = True
