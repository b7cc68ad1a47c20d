"""Plain facts about the instance and what runs on it: frozen, parsed at the edge, no behaviour.

Evidence types live beside the step that produces them, in `ladybug_agent.resources`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ladybug_agent.redaction.known import remember


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

    def __post_init__(self) -> None:
        remember(self.access_key_id, self.secret_access_key, self.session_token)


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
class LoadSample:
    """Counters of the machine at a moment: two of them tell what happened between."""

    cpu_busy: int
    cpu_total: int
    """Clock ticks of all processors since boot (proc_stat(5))."""
    reads: int
    """Reads that the data device has completed; 0 without one."""
    memory_pct: float


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


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskSpace:
    """The room on a filesystem, for others than root (statvfs(3))."""

    device: int
    """Which filesystem it is (`st_dev`)."""
    free_bytes: int
    total_bytes: int
    free_inodes: int
    total_inodes: int
    """0 where the filesystem does not count them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelLine:
    """One message of the kernel's log."""

    at_s: float
    """Seconds since the kernel started."""
    text: str
