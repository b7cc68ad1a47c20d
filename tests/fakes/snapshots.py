"""Snapshots of a made-up account, for the operator tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from fakes.clock import STARTED_AT
from ladybug_fleet.snapshots.model import Snapshot

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
TAGS = {"Environment": "prod", "Repository": "sec"}


def a_snapshot(  # noqa: PLR0913 - every property has a name and a default
    snapshot_id: str = "snap-1",
    *,
    age_days: float = 1.0,
    state: str = "completed",
    encrypted: bool = True,
    tier: str = "standard",
    owner_id: str = ACCOUNT,
    volume_id: str = "vol-1",
    tags: Mapping[str, str] | None = None,
) -> Snapshot:
    return Snapshot(
        snapshot_id=snapshot_id,
        owner_id=owner_id,
        state=state,
        progress="100%" if state == "completed" else "40%",
        started_at=STARTED_AT - timedelta(days=age_days),
        encrypted=encrypted,
        tier=tier,
        volume_id=volume_id,
        size_gib=120,
        tags={**TAGS, **(tags or {})},
    )


@dataclass(frozen=True, slots=True)
class FakeSnapshots:
    """EC2 with these snapshots, whoever owns them; others' tags are not seen, as with EC2."""

    all: tuple[Snapshot, ...] = ()

    def tagged(self, tags: Mapping[str, str]) -> tuple[Snapshot, ...]:
        return tuple(
            one
            for one in self.all
            if one.owner_id == ACCOUNT and tags.items() <= dict(one.tags).items()
        )

    def by_id(self, snapshot_id: str) -> Snapshot | None:
        return next((one for one in self.all if one.snapshot_id == snapshot_id), None)

    def shared(self) -> tuple[Snapshot, ...]:
        return tuple(one for one in self.all if one.owner_id != ACCOUNT)

    def account(self) -> str:
        return ACCOUNT
