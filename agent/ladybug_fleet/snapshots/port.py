"""What the choice of a snapshot needs from EC2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ladybug_fleet.snapshots.model import Snapshot


class Snapshots(Protocol):
    def tagged(self, tags: Mapping[str, str]) -> tuple[Snapshot, ...]:
        """Return this account's snapshots with all of these tags, in every state."""

    def by_id(self, snapshot_id: str) -> Snapshot | None:
        """Return the snapshot, whoever owns it; None if this account cannot see one."""

    def shared(self) -> tuple[Snapshot, ...]:
        """Return what other accounts share with this one. Their tags cannot be seen."""

    def account(self) -> str:
        """Return the id of this account."""
