"""Plain facts about volumes, disks, filesystems and mounts: frozen, parsed at the edge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

EBS_MODEL = "Amazon Elastic Block Store"
INSTANCE_STORE_MODEL = "Amazon EC2 NVMe Instance Storage"

JournalState = Literal["clean", "dirty", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedVolume:
    """An EBS volume as EC2 describes it (DescribeVolumes), with its attachment to this instance."""

    volume_id: str
    device_name: str
    attachment_state: str
    """`attaching`, `attached`, `detaching`, `detached` or `busy`."""
    delete_on_termination: bool
    snapshot_id: str
    size_gib: int
    iops: int
    encrypted: bool
    attached_elsewhere: bool = False
    """Another instance has it too (Multi-Attach)."""
    throughput_mib_s: int = 0
    """Provisioned throughput (gp3); 0 where EC2 does not say."""
    fast_restored: bool = False
    """Made by fast snapshot restore: nothing of it is in S3 any more."""
    initialization_rate_mib_s: int = 0
    """VolumeInitializationRate: EC2 itself loads all of it at this rate; 0 means it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotFacts:
    """A snapshot as EC2 describes it (DescribeSnapshots)."""

    snapshot_id: str
    state: str
    """`pending`, `completed`, `error`, `recoverable` or `recovering`."""
    started_at: datetime
    """When the snapshot was asked for: it holds the data of this moment."""
    encrypted: bool
    volume_id: str
    """The volume that it was taken of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockDevice:
    """A whole disk as the kernel shows it.

    `serial` is None when neither the disk, sysfs nor udev knows one. `disk_sequence` numbers the
    disks of a boot: another disk under the same kernel name has another (`/sys/block/*/diskseq`).
    """

    node: str
    device_number: str
    """`major:minor`."""
    size_bytes: int
    serial: str | None
    disk_sequence: int | None
    model: str = ""
    device_name: str = ""
    """EC2's name for the attachment, such as `xvdf`, where the disk itself carries it (NVMe on
    Nitro, the node's name on Xen); empty where it does not."""
    holders: tuple[str, ...] = ()
    """What is stacked on the disk or on a partition of it: `dm-0`, `md127`."""
    partitions: tuple[str, ...] = ()
    """Device numbers of its partitions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MountEntry:
    """One line of `/proc/self/mountinfo` (proc_pid_mountinfo(5))."""

    mount_id: int
    device_number: str
    root: str
    """What of the filesystem is mounted: `/` is all of it."""
    source: str
    target: Path
    filesystem: str
    options: frozenset[str]
    superblock_writable: bool = False
    """The filesystem itself is mounted writable, whatever this view of it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesystemProbe:
    """What `blkid --probe` sees on a device: all None on a blank one."""

    filesystem: str | None = None
    uuid: str | None = None
    partition_table: str | None = None
