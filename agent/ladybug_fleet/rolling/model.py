"""An instance refresh as Auto Scaling describes it, and what is asked of it."""

from __future__ import annotations

from dataclasses import dataclass

from ladybug_fleet.fleet.model import LaunchTemplate

ACTIVE = frozenset({"Pending", "InProgress", "Baking", "Cancelling", "RollbackInProgress"})
ENDING = frozenset({"Cancelling", "RollbackInProgress"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """One instance refresh (DescribeInstanceRefreshes)."""

    refresh_id: str
    status: str
    percent: int = 0
    left: int = 0
    reason: str = ""
    template: LaunchTemplate | None = None
    """Where it goes; None for one that only replaces."""

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How instances are replaced (StartInstanceRefresh, RefreshPreferences)."""

    checkpoints: tuple[int, ...]
    checkpoint_delay_s: int
    min_healthy_percent: int
    max_healthy_percent: int
    bake_s: int
    alarms: tuple[str, ...]
    rollback: bool
    unready_s: float
    """How long a new replica may be in service without being ready, before the roll is stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolled:
    """How a roll ended that went well; `followed` for one that another run had begun."""

    refresh: Refresh
    version: str
    followed: bool
