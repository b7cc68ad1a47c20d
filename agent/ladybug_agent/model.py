"""Plain facts about the instance and what runs on it: frozen, parsed at the edge, no behaviour.

Evidence types live beside the step that produces them, in `ladybug_agent.resources`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceIdentity:
    """Who this instance is, by its own metadata (instance identity document and meta-data)."""

    instance_id: str
    account_id: str
    region: str
    availability_zone: str
    instance_type: str
    private_ip: str
    private_dns: str
    vpc_id: str
    launched_at: datetime
    target_lifecycle_state: str | None
    """What Auto Scaling moves the instance to (`InService`, `Terminated`); None before any move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Temporary credentials of the instance role. Never logged: the secrets are not in the repr."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryLogin:
    """A user name and password for one image registry."""

    username: str
    password: str = field(repr=False)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """An image that the container engine has."""

    image_id: str
    repository_digests: tuple[str, ...]
    labels: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BindMount:
    """A directory of the host inside a container."""

    source: str
    target: str
    read_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFacts:
    """A container as the engine reports it, running or not."""

    container_id: str
    name: str
    image_id: str
    status: str
    """`created`, `running`, `paused`, `restarting`, `exited` or `dead`."""
    exit_code: int
    oom_killed: bool
    labels: dict[str, str]
    user: str
    read_only_root: bool
    capabilities_dropped: frozenset[str]
    security_options: frozenset[str]
    restart_policy: str
    binds: tuple[BindMount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSpec:
    """All that decides how the container runs. Equal specs give equal containers."""

    name: str
    image_id: str
    user: str
    environment: dict[str, str]
    labels: dict[str, str]
    data: BindMount
    tmpfs: dict[str, str]
    bind_address: str
    port: int
    memory_bytes: int
    pids_limit: int
    log_driver: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """An HTTP answer, whatever its status; the body is cut at 64 KiB."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How busy the machine has been since it booted; shares are percent."""

    cpu_pct: float
    memory_pct: float
    data_reads_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BootIdentity:
    """Which boot of the machine this is."""

    boot_id: str
    """`/proc/sys/kernel/random/boot_id`, random for each boot (random(4))."""
    booted_at: int
    """When the kernel started: seconds since the epoch (`btime` in `/proc/stat`, proc_stat(5))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalOutcome:
    """What came of telling someone.

    `accepted`; `not_expected`: nobody waits, which is normal; `absent`: nobody is there to hear;
    `failed`: someone may wait and was not told.
    """

    target: str
    verdict: str
    detail: str = ""
