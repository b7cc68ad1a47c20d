"""Snapshots as EC2 describes them, what is wanted of one, and what was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

Source = Literal["lifecycle_policy", "copy", "by_hand", "empty"]
"""Where the data comes from. Public API: it is an output of `snapshot`."""

TAKEN_AT_TAG = "ladybug:taken-at"
"""Says when the data of a copy was taken (UTC, ISO 8601); EC2 only knows when it was copied."""

POLICY_TAG = "aws:dlm:lifecycle-policy-id"
SCRIPT_TAGS = ("aws:dlm:pre-script", "aws:dlm:post-script")
COPIED_VOLUME = "vol-ffffffff"
"""What EC2 gives a copy for its volume (API reference of CopySnapshot: an arbitrary id)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One snapshot (API reference of DescribeSnapshots)."""

    snapshot_id: str
    owner_id: str
    state: str
    """`pending`, `completed`, `error`, `recoverable` or `recovering`."""
    progress: str
    started_at: datetime
    """When it was asked for: it holds the data of this moment, unless it is a copy."""
    encrypted: bool
    tier: str
    volume_id: str
    size_gib: int
    tags: Mapping[str, str]

    @property
    def is_copy(self) -> bool:
        return self.volume_id == COPIED_VOLUME

    @property
    def tagged_at(self) -> datetime | None:
        """Return what the tag says of when the data was taken; None without a usable one."""
        try:
            said = datetime.fromisoformat(self.tags.get(TAKEN_AT_TAG, ""))
        except ValueError:
            return None
        return said if said.tzinfo else said.replace(tzinfo=UTC)

    @property
    def taken_at(self) -> datetime:
        return self.tagged_at or self.started_at

    @property
    def source(self) -> Source:
        if POLICY_TAG in self.tags:
            return "lifecycle_policy"
        return "copy" if self.is_copy else "by_hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the operator asks for."""

    tags: Mapping[str, str]
    max_age_days: float
    allow_unencrypted: bool = False
    allow_empty: bool = False
    refuse_stale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A snapshot that was not taken, and the reason in words."""

    snapshot: Snapshot
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a deployment is to use; without a snapshot it is empty by request."""

    snapshot: Snapshot | None
    age_days: float
    is_stale: bool
    newer: tuple[PassedOver, ...] = ()
    """Snapshots with newer data that cannot be used."""

    @property
    def source(self) -> Source:
        return self.snapshot.source if self.snapshot else "empty"
