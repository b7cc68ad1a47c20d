"""What a roll needs from Auto Scaling and EC2."""

from __future__ import annotations

from typing import Protocol

from ladybug_fleet.fleet.model import LaunchTemplate
from ladybug_fleet.rolling.model import Manner, Refresh


class Refreshes(Protocol):
    def newest(self) -> Refresh | None:
        """Return the group's newest instance refresh, active or ended; None without any."""

    def refresh(self, refresh_id: str) -> Refresh:
        """Return how far it is."""

    def start(self, version: str, manner: Manner) -> str:
        """Begin to replace every instance by that version of the launch template; return the id.

        Raises Busy if another refresh is under way.
        """

    def cancel(self) -> None:
        """Begin to stop the refresh; what was replaced stays. None under way is good as well."""

    def roll_back(self) -> None:
        """Begin to replace what was replaced by what was there before."""


class LaunchTemplates(Protocol):
    def newest_version(self, template: LaunchTemplate) -> str:
        """Return the number of the template's newest version."""

    def has_snapshot(self, template: LaunchTemplate, snapshot_id: str) -> bool:
        """Return whether that version has this data snapshot. Raises Refused as below."""

    def with_snapshot(self, template: LaunchTemplate, snapshot_id: str) -> str:
        """Return the number of a version that is as this one, with another data snapshot.

        That is this one if it has that snapshot. Raises Refused where it has no data volume.
        """
