"""EC2's view of the instance's volumes, by the standard library: for `diagnose`."""

from __future__ import annotations

from ladybug_agent.adapters.aws_codes import DENIED, FORBIDDEN, service_error
from ladybug_agent.adapters.lean.aws import LeanAws, ServiceRefusedError
from ladybug_agent.adapters.lean.query import ask, required, told
from ladybug_agent.adapters.lean.xml import Element
from ladybug_agent.model.standing import VolumeHealth
from ladybug_agent.model.storage import AttachedVolume

VERSION = "2016-11-15"
MOST_PAGES = 5
PAGE_SIZE = 100
GOOD_DETAILS = frozenset({"passed", "not-applicable", "completed", "initializing", "optimizing"})
ALLOWED = "DryRunOperation"
GONE = "InvalidVolume.NotFound"


class LeanEc2:
    """One try a call. `attached_volumes` is `BotoEc2`'s; one test suite runs against both."""

    def __init__(self, aws: LeanAws) -> None:
        self._aws = aws

    def attached_volumes(self, instance_id: str) -> tuple[AttachedVolume, ...]:
        action = "ec2:DescribeVolumes"
        values = {
            "Filter.1.Name": "attachment.instance-id",
            "Filter.1.Value.1": instance_id,
            "MaxResults": str(PAGE_SIZE),
        }
        found: list[AttachedVolume] = []
        for _ in range(MOST_PAGES):
            page, token = told(
                self._aws, action, VERSION, values, lambda answer: _page(answer, instance_id)
            )
            found += page
            if not token:
                break
            values["NextToken"] = token
        return tuple(found)

    def health(self, volume_id: str) -> VolumeHealth | None:
        action = "ec2:DescribeVolumeStatus"
        try:
            return ask(self._aws, action, VERSION, {"VolumeId.1": volume_id}, _health)
        except ServiceRefusedError as error:
            if error.code == GONE:
                return None
            raise service_error(error.code, error.status, action, volume_id) from error

    def may(self, operation: str) -> bool:
        """Ask by a DryRun: EC2 then answers by an error, whether it may be or not."""
        try:
            self._aws.query_call("ec2", operation, VERSION, {"DryRun": "true"})
        except ServiceRefusedError as error:
            if error.code == ALLOWED:
                return True
            if error.code in DENIED or (not error.code and error.status == FORBIDDEN):
                return False
            raise service_error(error.code, error.status, f"ec2:{operation}", "") from error
        return True


def _page(answer: Element, instance_id: str) -> tuple[list[AttachedVolume], str]:
    volumes = [
        _attached(volume, attachment)
        for volume in answer.items("volumeSet")
        for attachment in volume.items("attachmentSet")
        if required(attachment, "instanceId") == instance_id
    ]
    return volumes, answer.get("nextToken")


def _attached(volume: Element, attachment: Element) -> AttachedVolume:
    own = required(attachment, "instanceId")
    return AttachedVolume(
        volume_id=required(volume, "volumeId"),
        device_name=required(attachment, "device"),
        attachment_state=required(attachment, "status"),
        delete_on_termination=attachment.get("deleteOnTermination") == "true",
        attached_elsewhere=any(
            required(other, "instanceId") != own
            for other in volume.items("attachmentSet")
            if required(other, "status") not in {"detached", "detaching"}
        ),
        snapshot_id=volume.get("snapshotId"),
        size_gib=int(required(volume, "size")),
        iops=int(volume.get("iops") or 0),
        encrypted=required(volume, "encrypted") == "true",
        throughput_mib_s=int(volume.get("throughput") or 0),
        fast_restored=volume.get("fastRestored") == "true",
        initialization_rate_mib_s=int(volume.get("volumeInitializationRate") or 0),
    )


def _health(answer: Element) -> VolumeHealth | None:
    item = next(answer.items("volumeStatusSet"), None)
    if item is None:
        return None
    details = ((d.get("name"), d.get("status")) for d in item.items("volumeStatus", "details"))
    return VolumeHealth(
        status=required(item, "volumeStatus", "status"),
        details=tuple(f"{name}: {said}" for name, said in details if said not in GOOD_DETAILS),
        events=tuple(
            f"{event.get('eventType')}: {event.get('description')}"
            for event in item.items("eventsSet")
        ),
    )
