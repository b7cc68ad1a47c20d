"""The Auto Scaling group, by its API."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from ladybug_agent.errors import ConfigError
from ladybug_fleet.aws import aws_errors
from ladybug_fleet.fleet.model import Activity, Group, LaunchTemplate, Member

MOST_ACTIVITIES = 100
"""The newest; the API keeps six weeks of them."""


class AutoScaling:
    def __init__(self, client: Any, group: str) -> None:
        self._client = client
        self._group = group

    def group(self) -> Group:
        with aws_errors("autoscaling:DescribeAutoScalingGroups"):
            answer = self._client.describe_auto_scaling_groups(AutoScalingGroupNames=[self._group])
        if not answer["AutoScalingGroups"]:
            raise ConfigError(
                "fleet_group_missing",
                f"wanted the Auto Scaling group {self._group}, found none",
                hint="look at the name and the region; is the stack deployed?",
            )
        return _group(answer["AutoScalingGroups"][0])

    def activities(self) -> tuple[Activity, ...]:
        with aws_errors("autoscaling:DescribeScalingActivities"):
            pages = self._client.get_paginator("describe_scaling_activities").paginate(
                AutoScalingGroupName=self._group
            )
            found = (one for page in pages for one in page["Activities"])
            return tuple(_activity(one) for one in islice(found, MOST_ACTIVITIES))


def _group(said: Mapping[str, Any]) -> Group:
    return Group(
        name=said["AutoScalingGroupName"],
        minimum=said["MinSize"],
        desired=said["DesiredCapacity"],
        maximum=said["MaxSize"],
        members=tuple(_member(one) for one in said.get("Instances", ())),
        suspended=frozenset(one["ProcessName"] for one in said.get("SuspendedProcesses", ())),
        target_groups=tuple(said.get("TargetGroupARNs", ())),
        grace_s=float(said.get("HealthCheckGracePeriod") or 0),
        status=said.get("Status", ""),
        template=launch_template(said),
    )


def launch_template(said: Mapping[str, Any]) -> LaunchTemplate | None:
    """Return the launch template of a group or of an instance refresh, mixed instances or not."""
    mixed = said.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    used = said.get("LaunchTemplate") or mixed.get("LaunchTemplateSpecification")
    if not used:
        return None
    # Without a version it is the default one (API reference, LaunchTemplateSpecification).
    return LaunchTemplate(
        template_id=used.get("LaunchTemplateId", ""), version=used.get("Version", "$Default")
    )


def _member(said: Mapping[str, Any]) -> Member:
    template = launch_template(said)
    return Member(
        instance_id=said["InstanceId"],
        zone=said.get("AvailabilityZone", ""),
        kind=said.get("InstanceType", ""),
        lifecycle=said["LifecycleState"],
        health=said["HealthStatus"],
        template_version=template.version if template else "",
    )


def _activity(said: Mapping[str, Any]) -> Activity:
    return Activity(
        activity_id=said["ActivityId"],
        started_at=said["StartTime"],
        ended_at=said.get("EndTime"),
        status=said["StatusCode"],
        description=said.get("Description", ""),
        message=said.get("StatusMessage", ""),
    )
