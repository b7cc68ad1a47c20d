"""Plain facts about the end of an instance: who announces it, and when it comes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Trigger = Literal["asg_termination", "spot_interruption", "scheduled_event", "shutdown", "operator"]
"""Why a replica is drained; the `reason_code` of its row. Public API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotNotice:
    """EC2 takes the instance back (`spot/instance-action`)."""

    action: str
    """`terminate`, `stop` or `hibernate`."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledEvent:
    """Maintenance that EC2 has announced (`events/maintenance/scheduled`)."""

    event_id: str
    code: str
    """`instance-stop`, `instance-retirement`, `instance-reboot`, `system-reboot` or
    `system-maintenance`."""
    state: str
    """`active`, `completed` or `canceled`."""
    not_before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """All that instance metadata announces at one moment; what is absent is not announced."""

    target_lifecycle_state: str | None = None
    """What Auto Scaling moves the instance to; None before its first move."""
    spot: SpotNotice | None = None
    events: tuple[ScheduledEvent, ...] = ()
    rebalance_at: datetime | None = None
    """When EC2 saw a raised risk of interruption (`events/recommendations/rebalance`)."""
    garbled: tuple[str, ...] = ()
    """Paths of what is announced and cannot be read."""
