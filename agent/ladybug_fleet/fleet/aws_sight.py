"""A fleet by AWS: the group, its targets, its rows, and the snapshots it launches from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ladybug_agent.errors import ConfigError, ExternalFailure
from ladybug_fleet.aws import aws_errors, client
from ladybug_fleet.fleet.autoscaling import AutoScaling
from ladybug_fleet.fleet.model import Activity, Group, LaunchTemplate, Row, Target, Value

REPLICAS = {"FilterExpression": "node_type = :replica"}


class AwsSight:
    """Looks with clients of one session; `table` is the instance registry."""

    def __init__(self, group: str, table: str, session: tuple[str | None, str | None]) -> None:
        self._group = AutoScaling(client("autoscaling", *session), group)
        self._table = table
        self._elb = client("elbv2", *session)
        self._dynamodb = client("dynamodb", *session)
        self._ec2 = client("ec2", *session)

    def group(self) -> Group:
        return self._group.group()

    def activities(self) -> tuple[Activity, ...]:
        return self._group.activities()

    def targets(self, target_group: str) -> tuple[Target, ...]:
        try:
            with aws_errors("elasticloadbalancing:DescribeTargetHealth", resource=target_group):
                answer = self._elb.describe_target_health(TargetGroupArn=target_group)
        except ExternalFailure as error:
            if error.facts.get("aws_code") == "TargetGroupNotFound":
                raise ConfigError(
                    "target_group_missing",
                    f"wanted the target group {target_group}, found none",
                    hint="the Auto Scaling group names one that is gone; deploy the stack again",
                ) from error
            raise
        return tuple(_target(one) for one in answer["TargetHealthDescriptions"])

    def rows(self) -> tuple[Row, ...]:
        try:
            with aws_errors("dynamodb:Scan", resource=self._table):
                pages = self._dynamodb.get_paginator("scan").paginate(
                    TableName=self._table,
                    ConsistentRead=True,
                    ExpressionAttributeValues={":replica": {"S": "shared_replica"}},
                    **REPLICAS,
                )
                return tuple(_row(one) for page in pages for one in page["Items"])
        except ExternalFailure as error:
            if error.facts.get("aws_code") == "ResourceNotFoundException":
                raise ConfigError(
                    "registry_table_missing",
                    f"wanted the instance registry `{self._table}`, found no such table",
                    hint="check --table and --region",
                ) from error
            raise

    def lost_snapshots(self, template: LaunchTemplate) -> tuple[str, ...]:
        with aws_errors("ec2:DescribeLaunchTemplateVersions"):
            answer = self._ec2.describe_launch_template_versions(
                LaunchTemplateId=template.template_id, Versions=[template.version]
            )
        versions = answer["LaunchTemplateVersions"]
        mappings = versions[0]["LaunchTemplateData"].get("BlockDeviceMappings", ())
        wanted = {one.get("Ebs", {}).get("SnapshotId") for one in mappings} - {None}
        if not wanted:
            return ()
        # By a filter, because naming an absent one is an error that tells nothing of the others.
        with aws_errors("ec2:DescribeSnapshots"):
            pages = self._ec2.get_paginator("describe_snapshots").paginate(
                Filters=[{"Name": "snapshot-id", "Values": sorted(wanted)}]
            )
            found = {one["SnapshotId"] for page in pages for one in page["Snapshots"]}
        return tuple(sorted(wanted - found))


def _target(said: Mapping[str, Any]) -> Target:
    health = said["TargetHealth"]
    return Target(
        instance_id=said["Target"]["Id"], state=health["State"], reason=health.get("Reason", "")
    )


def _row(item: Mapping[str, Any]) -> Row:
    plain = {name: _value(value) for name, value in item.items()}
    return Row({name: value for name, value in plain.items() if value is not None})


def _value(typed: Mapping[str, Any]) -> Value | None:
    """Return an attribute's value; None for the types that no row of a replica has."""
    match typed:
        case {"S": str(text)}:
            return text
        case {"N": str(number)}:
            return float(number)
        case {"BOOL": bool(flag)}:
            return flag
        case _:
            return None
