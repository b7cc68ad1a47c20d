"""What happened at the emulated AWS, as tests read it, and what they make it say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DROPPED = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiError:
    """A call that failed, by a fault or by itself; `DROPPED` if its connection was closed on it."""

    service: str
    operation: str
    status: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A SignalResource call; refused if the stack was not in an operation."""

    stack_name: str
    logical_resource_id: str
    unique_id: str
    status: str
    accepted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleResult:
    """A CompleteLifecycleAction call; refused if no such hook was waiting."""

    group: str
    hook: str
    result: str
    instance_id: str | None
    token: str | None = None
    accepted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleHeartbeat:
    """A RecordLifecycleActionHeartbeat call; refused if no such hook was waiting."""

    group: str
    hook: str
    instance_id: str | None
    token: str | None = None
    accepted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeHealth:
    """What EC2's own checks say of a volume, as DescribeVolumeStatus says it."""

    status: Literal["ok", "warning", "impaired", "insufficient-data"] = "ok"
    io_enabled: Literal["passed", "failed"] = "passed"
    io_performance: str = "not-applicable"
    event: str = ""
    """Its description; empty is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeInitialization:
    """How far the blocks of a volume have come from its snapshot, as DescribeVolumeStatus says it.

    `progress` is per cent; EC2 estimates what is left only where a rate was bought.
    """

    status: Literal["initializing", "completed"] = "initializing"
    kind: Literal["default", "provisioned-rate", "volume-copy"] = "default"
    progress: int | None = 0
    left_s: int | None = None
