"""EC2's view of the instance's volumes."""

from __future__ import annotations

from typing import Any

from ladybug_agent.adapters.aws import AwsClients, aws_errors
from ladybug_agent.storage_model import AttachedVolume

PAGE_SIZE = 100


class BotoEc2:
    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def attached_volumes(self, instance_id: str) -> tuple[AttachedVolume, ...]:
        # A filtered and paginated call draws on the large token bucket. An instance has at most a
        # few dozen attachments, but a page of a filtered call may be empty with more to follow.
        with aws_errors("ec2:DescribeVolumes"):
            pages = (
                self._clients.client("ec2")
                .get_paginator("describe_volumes")
                .paginate(
                    Filters=[{"Name": "attachment.instance-id", "Values": [instance_id]}],
                    PaginationConfig={"PageSize": PAGE_SIZE},
                )
            )
            volumes = [volume for page in pages for volume in page.get("Volumes", ())]
        # A volume may be listed with its attachment just gone: EC2 is eventually consistent.
        return tuple(
            _attached(volume, attachment)
            for volume in volumes
            for attachment in volume["Attachments"]
            if attachment["InstanceId"] == instance_id
        )


def _attached(volume: dict[str, Any], attachment: dict[str, Any]) -> AttachedVolume:
    return AttachedVolume(
        volume_id=volume["VolumeId"],
        device_name=attachment["Device"],
        attachment_state=attachment["State"],
        snapshot_id=volume.get("SnapshotId") or "",
        size_gib=volume["Size"],
        iops=volume.get("Iops") or 0,
        encrypted=volume["Encrypted"],
    )
