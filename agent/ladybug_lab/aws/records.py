"""What happened at the emulated AWS, as tests read it."""

from __future__ import annotations

from dataclasses import dataclass

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
