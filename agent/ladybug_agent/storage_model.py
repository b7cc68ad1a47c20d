"""Plain facts about volumes, disks, filesystems and mounts: frozen, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedVolume:
    """An EBS volume as EC2 describes it (DescribeVolumes), with its attachment to this instance."""

    volume_id: str
    device_name: str
    attachment_state: str
    snapshot_id: str
    size_gib: int
    iops: int
    encrypted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockDevice:
    """A whole disk as the kernel shows it.

    `serial` is None when neither sysfs nor udev knows one. `disk_sequence` numbers the disks of a
    boot: another disk under the same kernel name has another number (`/sys/block/*/diskseq`).
    """

    node: str
    device_number: str
    size_bytes: int
    serial: str | None
    disk_sequence: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MountEntry:
    """One line of `/proc/self/mountinfo` (proc_pid_mountinfo(5))."""

    mount_id: int
    device_number: str
    source: str
    target: Path
    filesystem: str
    options: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesystemProbe:
    """What `blkid --probe` sees on a device: all None on a blank one."""

    filesystem: str | None = None
    uuid: str | None = None
    partition_table: str | None = None
