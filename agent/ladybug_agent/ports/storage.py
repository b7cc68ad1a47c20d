"""What the agent needs from volumes, disks and the mount table; see `ladybug_agent.ports`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from ladybug_agent.clock import Deadline
from ladybug_agent.model.storage import (
    AttachedVolume,
    BlockDevice,
    FilesystemProbe,
    JournalState,
    MountEntry,
    SnapshotFacts,
)


class Ec2(Protocol):
    """EC2's describe calls. Each is tried once: who asks decides whether to ask again."""

    def attached_volumes(self, instance_id: str) -> tuple[AttachedVolume, ...]:
        """Return the volumes that EC2 has attached, or is attaching, to the instance."""

    def snapshot(self, snapshot_id: str) -> SnapshotFacts | None:
        """Return the snapshot, or None if EC2 does not know it (any more)."""


class DeviceWatch(Protocol):
    def wait(self, seconds: float) -> None:
        """Block until a block device appears or changes, or for `seconds`."""


class PinnedDevice(Protocol):
    """One disk, held open: while it is, the kernel gives its device number to no other.

    Every method looks first whether it still is that disk, and raises Refused `device_replaced`
    if it is not.
    """

    @property
    def disk(self) -> BlockDevice: ...

    def check(self) -> None:
        """Raise Refused unless node, device number and disk sequence are those of the disk."""

    def size_bytes(self) -> int:
        """Return the size as the kernel has it now (BLKGETSIZE64)."""

    def read_block(self, offset: int, deadline: Deadline) -> None:
        """Read 4 KiB around the page cache, in a process that is killed at the deadline."""

    def probe(self, deadline: Deadline) -> FilesystemProbe:
        """Read superblock signatures. Blocks as long as the reads do, at most to the deadline."""

    def journal(self, filesystem: str, deadline: Deadline) -> JournalState:
        """Return whether the journal must be replayed; `unknown` where no tool can tell."""

    def is_sealed(self) -> bool:
        """Return whether the kernel refuses new writers of the device (BLKROGET, ioctl(2))."""

    def set_sealed(self, *, sealed: bool) -> None:
        """Make the kernel refuse, or allow, new writers of the device (BLKROSET).

        A filesystem that is mounted writable already is not stopped by it.
        """

    def opened_for_writing(self) -> AbstractContextManager[None]:
        """Unseal the device for a while; it is sealed at the end, whatever happens meanwhile."""


class BlockDevices(Protocol):
    def watch(self) -> AbstractContextManager[DeviceWatch]:
        """Listen for events from now on. Start it before the first look: events are not kept."""

    def disks(self) -> tuple[BlockDevice, ...]:
        """Return the whole disks that the kernel has now; partitions are left out."""

    def pin(self, disk: BlockDevice) -> AbstractContextManager[PinnedDevice]:
        """Hold the disk open. Raises Refused `device_replaced` if it is another one by now."""


class MountLook(Protocol):
    """Of the mount table, what a look at one mount needs."""

    def at(self, target: Path) -> MountEntry | None:
        """Return what is mounted exactly there (the topmost mount), or None."""

    def device_number_at(self, path: Path) -> str | None:
        """Return the device number of what a look at the path reaches, or None if nothing is."""


class Mounts(MountLook, Protocol):
    def entries(self) -> tuple[MountEntry, ...]:
        """Return the mount table; of two mounts at one place the later covers the earlier."""

    def fstab_line(self, target: Path) -> str | None:
        """Return the line of fstab(5) that is about this mount point, if there is one."""

    def mount(
        self, node: str, target: Path, filesystem: str, options: tuple[str, ...], deadline: Deadline
    ) -> None:
        """Mount a device. Raises `mount_needs_journal_replay` if only writing could mount it."""

    def replay_journal(
        self, node: str, target: Path, filesystem: str, options: tuple[str, ...], deadline: Deadline
    ) -> None:
        """Mount the device once, read-only, where nobody else sees it, and unmount it again."""

    def unmount(self, target: Path, deadline: Deadline) -> None: ...


class KernelLog(Protocol):
    """The kernel's own messages (`/dev/kmsg`)."""

    def follow(self) -> AbstractContextManager[Callable[[], tuple[str, ...]]]:
        """Return what reads the messages written since; it says nothing where none can be read."""
