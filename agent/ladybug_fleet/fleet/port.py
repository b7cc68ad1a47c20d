"""What looking at a fleet needs from AWS."""

from __future__ import annotations

from typing import Protocol

from ladybug_fleet.fleet.model import Activity, Group, LaunchTemplate, Row, Target


class Sight(Protocol):
    def group(self) -> Group:
        """Return the group. Raises ConfigError if there is none."""

    def activities(self) -> tuple[Activity, ...]:
        """Return the group's newest activities, the newest first."""

    def targets(self, target_group: str) -> tuple[Target, ...]:
        """Return all targets. Raises ConfigError if there is no such target group."""

    def rows(self) -> tuple[Row, ...]:
        """Return the rows of all shared replicas, read consistently. Raises ConfigError."""

    def lost_snapshots(self, template: LaunchTemplate) -> tuple[str, ...]:
        """Return the snapshots that the launch template names and EC2 does not have."""
