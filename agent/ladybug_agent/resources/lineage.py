"""Where the data comes from and how old it is: by the manifest, or else by EC2."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import structlog

from ladybug_agent.clock import iso_utc
from ladybug_agent.config.data import DataConfig
from ladybug_agent.errors import ExternalFailure, Refused
from ladybug_agent.model.storage import SnapshotFacts
from ladybug_agent.ports.storage import Ec2
from ladybug_agent.resources.contents.manifest import Manifest
from ladybug_agent.resources.volume import Volume

log = structlog.get_logger(__name__)

DAY_S = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """When the data was taken, by whose word, and whether that is too long ago."""

    taken_at: datetime | None
    told_by: Literal["manifest", "ec2", ""]
    source_volume_id: str
    is_stale: bool


def inspect_lineage(
    ec2: Ec2, volume: Volume, manifest: Manifest | None, rules: DataConfig, now: datetime
) -> Lineage:
    """Return how old the data is. Asks EC2 (DescribeSnapshots, once) only without a manifest.

    What cannot be learnt is unknown, and no failure. Raises Refused for a snapshot that EC2 says
    is unusable, and for a stale one where `data.on_stale_snapshot` says so.
    """
    if rules.on_stale_snapshot == "ignore":
        return judge_age(None, "", "", rules, now)
    if manifest is not None:
        return judge_age(manifest.taken_at, "manifest", manifest.source_volume_id, rules, now)
    snapshot = _ask(ec2, volume)
    if snapshot is None:
        return judge_age(None, "", "", rules, now)
    if rules.require_encryption and not snapshot.encrypted:
        # Its volume is encrypted, or it would not be used; the snapshot still lies open.
        log.warning("snapshot_not_encrypted", snapshot_id=snapshot.snapshot_id)
    if snapshot.state == "error":
        raise Refused(
            "snapshot_state_error",
            f"EC2 says that {snapshot.snapshot_id} is in the state `error`",
            hint="choose another snapshot, and look at how this one was taken",
        )
    return judge_age(snapshot.started_at, "ec2", snapshot.volume_id, rules, now)


def judge_age(
    taken_at: datetime | None,
    told_by: Literal["manifest", "ec2", ""],
    source_volume_id: str,
    rules: DataConfig,
    now: datetime,
) -> Lineage:
    """Judge whether the data is stale; unknown counts as fresh, and says that it is unknown."""
    age_days = 0.0 if taken_at is None else (now - taken_at).total_seconds() / DAY_S
    is_stale = age_days > rules.snapshot_max_age_days
    if is_stale and taken_at is not None:
        if rules.on_stale_snapshot == "refuse":
            raise Refused(
                "snapshot_stale",
                f"the data was taken at {iso_utc(taken_at)}, {age_days:.1f} days ago; at most"
                f" {rules.snapshot_max_age_days:g} are allowed",
                hint="does the snapshot schedule still run? deploy a newer snapshot, or raise"
                " `data.snapshot_max_age_days`",
            )
        log.warning("snapshot_stale", taken_at=iso_utc(taken_at), age_days=round(age_days, 1))
    return Lineage(
        taken_at=taken_at, told_by=told_by, source_volume_id=source_volume_id, is_stale=is_stale
    )


def _ask(ec2: Ec2, volume: Volume) -> SnapshotFacts | None:
    if not volume.snapshot_id:
        return None
    try:
        return ec2.snapshot(volume.snapshot_id)
    except ExternalFailure as error:
        log.warning("snapshot_age_unknown", code=error.code, error=str(error), hint=error.hint)
        return None
