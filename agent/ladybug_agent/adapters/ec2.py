"""EC2's view of the instance's volumes."""

from __future__ import annotations

from typing import Any

from ladybug_agent.adapters.aws import AwsClients, aws_errors
from ladybug_agent.model import AttachedVolume

PAGE_SIZE = 100


class BotoEc2:
    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def attached_volumes(self, instance_id: str) -> tuple[AttachedVolume, ...]:
        # A filtered and paginated call draws on the large token bucket; an instance has at most
        # a few dozen attachments, so one page is all of them.
        with aws_errors("ec2:DescribeVolumes"):
            answer = self._clients.client("ec2").describe_volumes(
                Filters=[{"Name": "attachment.instance-id", "Values": [instance_id]}],
                MaxResults=PAGE_SIZE,
            )
        volumes = answer["Volumes"]
        return tuple(_attached(volume, instance_id) for volume in volumes)


def _attached(volume: dict[str, Any], instance_id: str) -> AttachedVolume:
    ours = next(a for a in volume["Attachments"] if a["InstanceId"] == instance_id)
    return AttachedVolume(
        volume_id=volume["VolumeId"],
        device_name=ours["Device"],
        attachment_state=ours["State"],
        snapshot_id=volume.get("SnapshotId") or "",
        size_gib=volume["Size"],
        iops=volume.get("Iops") or 0,
        encrypted=volume["Encrypted"],
    )
