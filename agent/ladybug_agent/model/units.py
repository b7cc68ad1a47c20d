"""What the service manager (systemd) says of itself and of its units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

CONTAINERS = frozenset(
    {
        "container-other",
        "docker",
        "lxc",
        "lxc-libvirt",
        "openvz",
        "podman",
        "pouch",
        "proot",
        "rkt",
        "systemd-nspawn",
        "wsl",
    }
)
"""What `Virtualization=` says where the kernel is another machine's (systemd-detect-virt(1))."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One point in time on both clocks, which systemd reads together."""

    mono_s: float
    """Seconds on CLOCK_MONOTONIC, which is since the kernel started, without time asleep."""
    wall: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerFacts:
    """The manager itself (org.freedesktop.systemd1(5))."""

    version: str = ""
    state: str = ""
    """`starting`, `running`, `degraded`, `maintenance`, `stopping` ..."""
    virtualization: str = ""
    initrd: Moment | None = None
    userspace: Moment | None = None
    finish: Moment | None = None
    """When everything that was queued at start was done; None while it is not."""

    @property
    def is_in_container(self) -> bool:
        return self.virtualization in CONTAINERS


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFacts:
    """One unit (systemctl(1), `show`)."""

    name: str
    load: str = ""
    """`loaded`, `not-found`, `masked`, `bad-setting`, `error`."""
    active: str = ""
    """`active`, `activating`, `inactive`, `failed` ..."""
    sub: str = ""
    result: str = ""
    """`success`, or how it ended: `exit-code`, `signal`, `timeout`, `watchdog`, `oom-kill` ..."""
    enabled: str = ""
    """`enabled`, `disabled`, `static`, `masked` ...; empty for a unit without a file."""
    exit_status: int = 0
    restarts: int = 0
    left_inactive: Moment | None = None
    became_active: Moment | None = None
    became_inactive: Moment | None = None
    main_started: Moment | None = None
    last_trigger: datetime | None = None
    """When a timer last started its unit."""
    next_elapse: datetime | None = None

    @property
    def is_there(self) -> bool:
        return self.load != "not-found"
