"""The operator tools, pointed at the emulated AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract.support.aws import REGION, TABLE, make_registry_table, point_at
from ladybug_fleet.aws import session_for
from ladybug_fleet.cli import main
from ladybug_lab.aws.server import LabAws

GROUP, STACK = "replicas-group", "replicas"
ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/replicas/0123456789abcdef"
TAGS = {"Environment": "prod", "Repository": "sec"}
AS_JSON = ("--format", "json")


def sign_in(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the environment of an operator: credentials, a region, and where AWS is."""
    session_for.cache_clear()  # of another test's environment
    point_at(url, monkeypatch)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOPERATOR")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "operator-secret")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    for name in ("GITHUB_OUTPUT", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)


class Operator:
    """Runs verbs as the command line does."""

    def __init__(self, capsys: pytest.CaptureFixture[str], outputs: Path) -> None:
        self._capsys = capsys
        self._outputs = outputs
        self.said = ""

    def run(self, *argv: str) -> int:
        status = main(argv)
        captured = self._capsys.readouterr()
        self.said, self.result = captured.err, captured.out
        return status

    def document(self, *argv: str) -> dict[str, Any]:
        """Run a verb that must go well, and return what it prints."""
        assert self.run(*argv, *AS_JSON) == 0, self.said
        document: dict[str, Any] = json.loads(self.result)
        return document

    def outputs(self) -> dict[str, str]:
        """Return what the verbs so far gave a workflow."""
        return read_outputs(self._outputs)


def read_outputs(path: Path) -> dict[str, str]:
    """Read GITHUB_OUTPUT as the runner does; a later output takes the place of an earlier one."""
    lines = iter(path.read_text(encoding="utf-8").splitlines())
    found = {}
    for line in lines:
        name, _, end = line.partition("<<")
        value: list[str] = []
        while (part := next(lines)) != end:
            value.append(part)
        found[name] = "\n".join(value)
    return found


def take_snapshot(aws: LabAws, tags: dict[str, str] | None = None, **volume: object) -> str:
    """Snapshot a new volume; encrypted unless `volume` says otherwise."""
    ec2 = aws.client("ec2")
    wanted = {"Size": 10, "Encrypted": True, "AvailabilityZone": f"{aws.region}a", **volume}
    volume_id = ec2.create_volume(**wanted)["VolumeId"]
    said = {**TAGS, **(tags or {})}
    snapshot_id: str = ec2.create_snapshot(
        VolumeId=volume_id,
        TagSpecifications=[
            {
                "ResourceType": "snapshot",
                "Tags": [{"Key": key, "Value": value} for key, value in said.items()],
            }
        ],
    )["SnapshotId"]
    return snapshot_id


def make_launch_template(aws: LabAws, snapshot_id: str, user_data: str = "") -> str:
    answer = aws.client("ec2").create_launch_template(
        LaunchTemplateName="replicas",
        LaunchTemplateData={
            "ImageId": "ami-12c6146b",
            "BlockDeviceMappings": [
                {"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": snapshot_id}}
            ],
            "UserData": user_data,
        },
    )
    template_id: str = answer["LaunchTemplate"]["LaunchTemplateId"]
    return template_id


def make_fleet(
    aws: LabAws,
    row: Callable[[str], dict[str, Any]],
    *instance_ids: str,
    snapshot_id: str = "",
) -> None:
    """Make a stack with a group, targets and rows; of a new snapshot unless one is given."""
    make_registry_table(aws)
    template = {
        "LaunchTemplateId": make_launch_template(aws, snapshot_id or take_snapshot(aws)),
        "Version": "1",
    }
    members = [
        {
            "InstanceId": instance_id,
            "AvailabilityZone": "us-east-1a",
            "LifecycleState": "InService",
            "HealthStatus": "Healthy",
            "ProtectedFromScaleIn": False,
            "LaunchTemplate": template,
        }
        for instance_id in instance_ids
    ]
    aws.groups.add(
        GROUP,
        MinSize=1,
        MaxSize=4,
        DesiredCapacity=len(members),
        Instances=members,
        TargetGroupARNs=[ARN],
        HealthCheckGracePeriod=60,
        LaunchTemplate=template,
    )
    for instance_id in instance_ids:
        aws.target_groups.register(ARN, instance_id)
        aws.client("dynamodb").put_item(TableName=TABLE, Item=row(instance_id))
    stack = aws.stacks.add(STACK)
    stack.parameters["RegistryTable"] = TABLE
    stack.resources["ReplicaGroup"] = ("AWS::AutoScaling::AutoScalingGroup", GROUP)
