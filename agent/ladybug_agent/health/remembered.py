"""What the boot learnt and `served.json` kept, in the place of those who told it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model import InstanceIdentity
from ladybug_agent.model.storage import AttachedVolume, SnapshotFacts
from ladybug_agent.served import Served


@dataclass(frozen=True, slots=True)
class RememberedEc2:
    """EC2 as it answered the boot: a repair must not depend on it.

    That the disk is still the same one is for the disk to say, which the chain asks again.
    """

    served: Served

    def attached_volumes(self, instance_id: str) -> tuple[AttachedVolume, ...]:
        del instance_id  # ours
        volume = self.served.volume
        if volume is None or volume.attached is None:
            raise ExternalFailure(
                "volume_not_remembered",
                "the boot could not ask EC2, and a repair does not",
                hint="run the boot again, which asks EC2",
            )
        return (AttachedVolume(**volume.attached),)

    def snapshot(self, snapshot_id: str) -> SnapshotFacts | None:
        taken_at = self.served.snapshot_taken_at
        if not taken_at:
            return None
        return SnapshotFacts(
            snapshot_id=snapshot_id,
            state="completed",
            started_at=_utc(taken_at),
            encrypted=True,
            volume_id=str(self.served.row.get("snapshot_volume_id", "")),
        )


def remembered_identity(served: Served) -> InstanceIdentity:
    """Return who we are by the row that the boot registered."""
    row = served.row
    return InstanceIdentity(
        instance_id=str(row["instance_id"]),
        account_id="",
        region=str(row["region"]),
        availability_zone=str(row["availability_zone"]),
        instance_type=str(row["instance_type"]),
        private_ip=str(row["private_ip"]),
        private_dns=str(row["private_dns"]),
        vpc_id=str(row["vpc_id"]),
        launched_at=_utc(str(row["launch_time"])),
        target_lifecycle_state=None,
    )


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
