"""Versions of a launch template, by EC2's API."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from ladybug_agent.errors import Refused
from ladybug_fleet.aws import aws_errors
from ladybug_fleet.fleet.model import LaunchTemplate


class Ec2LaunchTemplates:
    def __init__(self, client: Any) -> None:
        self._client = client

    def newest_version(self, template: LaunchTemplate) -> str:
        with aws_errors("ec2:DescribeLaunchTemplates"):
            answer = self._client.describe_launch_templates(
                LaunchTemplateIds=[template.template_id]
            )
        return str(answer["LaunchTemplates"][0]["LatestVersionNumber"])

    def has_snapshot(self, template: LaunchTemplate, snapshot_id: str) -> bool:
        return with_snapshot(self._version(template)["LaunchTemplateData"], snapshot_id) is None

    def with_snapshot(self, template: LaunchTemplate, snapshot_id: str) -> str:
        found = self._version(template)
        number = str(found["VersionNumber"])
        data = with_snapshot(found["LaunchTemplateData"], snapshot_id)
        if data is None:
            return number
        with aws_errors("ec2:CreateLaunchTemplateVersion"):
            made = self._client.create_launch_template_version(
                LaunchTemplateId=template.template_id,
                SourceVersion=number,
                VersionDescription=f"data of {snapshot_id}",
                LaunchTemplateData=data,
            )
        return str(made["LaunchTemplateVersion"]["VersionNumber"])

    def _version(self, template: LaunchTemplate) -> Mapping[str, Any]:
        with aws_errors("ec2:DescribeLaunchTemplateVersions"):
            answer = self._client.describe_launch_template_versions(
                LaunchTemplateId=template.template_id, Versions=[template.version]
            )
        found: Mapping[str, Any] = answer["LaunchTemplateVersions"][0]
        return found


def with_snapshot(data: Mapping[str, Any], snapshot_id: str) -> dict[str, Any] | None:
    """Return what differs in a version with that snapshot; None if it has it already.

    The user data names the snapshot as well, because the agent compares: there it is replaced by
    the text of its id. Raises Refused unless there is one volume from a snapshot.
    """
    mappings = data.get("BlockDeviceMappings", [])
    used = {one["Ebs"]["SnapshotId"] for one in mappings if "SnapshotId" in one.get("Ebs", {})}
    if len(used) != 1:
        raise Refused(
            "fleet_template_without_data",
            "wanted a launch template with one volume from a snapshot, found"
            f" {', '.join(sorted(used)) or 'none'}",
            hint="a fleet that is empty by request gets its first snapshot by ladybug-fleet deploy",
        )
    old = used.pop()
    if old == snapshot_id:
        return None
    # A list in a new version takes the place of the source's, so that all of it must be given.
    return {
        "BlockDeviceMappings": [_mapped(one, old, snapshot_id) for one in mappings],
        "UserData": _told(data.get("UserData", ""), old, snapshot_id),
    }


def _mapped(mapping: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    ebs = mapping.get("Ebs", {})
    if ebs.get("SnapshotId") != old:
        return dict(mapping)
    return {**mapping, "Ebs": {**ebs, "SnapshotId": new}}


def _told(user_data: str, old: str, new: str) -> str:
    try:
        text = base64.b64decode(user_data, validate=True)
    except binascii.Error as error:
        raise Refused(
            "fleet_template_without_data",
            "wanted user data in base64, found something else",
            hint="look at the launch template's user data",
        ) from error
    return base64.b64encode(text.replace(old.encode(), new.encode())).decode()
