"""What the agent needs from volumes, disks and the mount table; see `ladybug_agent.ports`."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from ladybug_agent.clock import Deadline
from ladybug_agent.storage_model import AttachedVolume, BlockDevice, FilesystemProbe, MountEntry


class Ec2(Protocol):
    def attached_volumes(self, instance_id: str) -> tuple[AttachedVolume, ...]:
        """Return the volumes that EC2 has attached, or is attaching, to the instance."""


class DeviceWatch(Protocol):
    def wait(self, seconds: float) -> None:
        """Block until a block device appears or changes, or for `seconds`."""


class BlockDevices(Protocol):
    def watch(self) -> AbstractContextManager[DeviceWatch]:
        """Listen for events from now on. Start it before the first look: events are not kept."""

    def disks(self) -> tuple[BlockDevice, ...]:
        """Return the whole disks that the kernel has now; partitions are left out."""

    def probe(self, node: str, deadline: Deadline) -> FilesystemProbe:
        """Read superblock signatures. Blocks as long as the reads do, at most to the deadline."""

    def is_sealed(self, node: str) -> bool:
        """Return whether the kernel refuses all writes to the device (BLKROGET, ioctl(2))."""

    def set_sealed(self, node: str, *, sealed: bool) -> None:
        """Make the kernel refuse, or allow, writes to the device (BLKROSET)."""


class Mounts(Protocol):
    def at(self, target: Path) -> MountEntry | None:
        """Return what is mounted exactly there (the topmost mount), or None."""

    def mount(
        self, node: str, target: Path, filesystem: str, options: tuple[str, ...], deadline: Deadline
    ) -> None:
        """Mount a device. Raises `mount_needs_journal_replay` if only writing could mount it."""

    def unmount(self, target: Path, deadline: Deadline) -> None: ...
