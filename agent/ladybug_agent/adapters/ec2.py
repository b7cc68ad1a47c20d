"""EC2's view of the instance's volumes and of the snapshots they were made from."""

from __future__ import annotations

from typing import Any

from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.aws_errors import aws_errors, error_code, understood
from ladybug_agent.model.hydration import Initialization
from ladybug_agent.model.storage import AttachedVolume, SnapshotFacts

PAGE_SIZE = 100


class BotoEc2:
    """Each call is one try of at most 7 s: `await_volume` asks again, at EC2's own pace."""

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def attached_volumes(self, instance_id: str) -> tuple[AttachedVolume, ...]:
        # By instance, and told apart by device name here: for the same price a volume that is
        # attached under another name than it should be is seen, not just missed. A filtered and
        # paginated call draws on the large token bucket; a page may be empty with more to follow.
        with aws_errors("ec2:DescribeVolumes"), understood("ec2:DescribeVolumes"):
            pages = (
                self._clients.client("ec2", "once")
                .get_paginator("describe_volumes")
                .paginate(
                    Filters=[{"Name": "attachment.instance-id", "Values": [instance_id]}],
                    PaginationConfig={"PageSize": PAGE_SIZE},
                )
            )
            # A volume may be listed with its attachment just gone: EC2 is eventually consistent.
            return tuple(
                _attached(volume, attachment)
                for page in pages
                for volume in page.get("Volumes", ())
                for attachment in volume.get("Attachments", ())
                if attachment["InstanceId"] == instance_id
            )

    def snapshot(self, snapshot_id: str) -> SnapshotFacts | None:
        client = self._clients.client("ec2", "once")
        with aws_errors("ec2:DescribeSnapshots"), understood("ec2:DescribeSnapshots"):
            try:
                # By its id, and not by a filter: that would search all public snapshots.
                answer = client.describe_snapshots(SnapshotIds=[snapshot_id])
            except client.exceptions.ClientError as error:
                if error_code(error) == "InvalidSnapshot.NotFound":
                    return None
                raise
            return _snapshot(answer["Snapshots"][0])

    def initialization(self, volume_id: str) -> Initialization | None:
        action = "ec2:DescribeVolumeStatus"
        with aws_errors(action), understood(action):
            client = self._clients.client("ec2", "once")
            answer = client.describe_volume_status(VolumeIds=[volume_id])
            return _initialization(answer["VolumeStatuses"][0])


def _attached(volume: dict[str, Any], attachment: dict[str, Any]) -> AttachedVolume:
    return AttachedVolume(
        volume_id=volume["VolumeId"],
        device_name=attachment["Device"],
        attachment_state=attachment["State"],
        delete_on_termination=bool(attachment.get("DeleteOnTermination")),
        attached_elsewhere=any(
            other["InstanceId"] != attachment["InstanceId"]
            for other in volume["Attachments"]
            if other["State"] not in {"detached", "detaching"}
        ),
        snapshot_id=volume.get("SnapshotId") or "",
        size_gib=volume["Size"],
        iops=volume.get("Iops") or 0,
        encrypted=volume["Encrypted"],
        throughput_mib_s=volume.get("Throughput") or 0,
        fast_restored=bool(volume.get("FastRestored")),
        initialization_rate_mib_s=volume.get("VolumeInitializationRate") or 0,
    )


def _initialization(status: dict[str, Any]) -> Initialization | None:
    told = {item["Name"]: item["Status"] for item in status["VolumeStatus"]["Details"]}
    if "initialization-state" not in told:
        return None
    details = status.get("InitializationStatusDetails") or {}
    return Initialization(
        completed=told["initialization-state"] == "completed",
        kind=details.get("InitializationType") or "",
        progress_pct=details.get("Progress"),
    )


def _snapshot(snapshot: dict[str, Any]) -> SnapshotFacts:
    return SnapshotFacts(
        snapshot_id=snapshot["SnapshotId"],
        state=snapshot["State"],
        started_at=snapshot["StartTime"],
        encrypted=snapshot["Encrypted"],
        volume_id=snapshot.get("VolumeId") or "",
    )
