"""Instance refreshes by Auto Scaling's API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ladybug_agent.errors import Busy, ExternalFailure
from ladybug_fleet.aws import aws_errors
from ladybug_fleet.fleet.autoscaling import launch_template
from ladybug_fleet.rolling.judging import refresh_under_way
from ladybug_fleet.rolling.model import Manner, Refresh


class InstanceRefreshes:
    def __init__(self, client: Any, group: str) -> None:
        self._client = client
        self._group = group

    def newest(self) -> Refresh | None:
        # They come in the order of their beginning, the newest first.
        found = self._described(MaxRecords=1)
        return found[0] if found else None

    def refresh(self, refresh_id: str) -> Refresh:
        return self._described(InstanceRefreshIds=[refresh_id])[0]

    def start(self, version: str, manner: Manner) -> str:
        try:
            with aws_errors("autoscaling:StartInstanceRefresh", resource=self._group):
                answer = self._client.start_instance_refresh(
                    AutoScalingGroupName=self._group,
                    DesiredConfiguration=self._configuration(version),
                    Preferences=preferences(manner),
                )
        except ExternalFailure as error:
            if error.facts.get("aws_code") == "InstanceRefreshInProgress":
                raise self._busy() from error
            raise
        return str(answer["InstanceRefreshId"])

    def cancel(self) -> None:
        try:
            with aws_errors("autoscaling:CancelInstanceRefresh", resource=self._group):
                self._client.cancel_instance_refresh(AutoScalingGroupName=self._group)
        except ExternalFailure as error:
            if error.facts.get("aws_code") != "ActiveInstanceRefreshNotFound":
                raise

    def roll_back(self) -> None:
        with aws_errors("autoscaling:RollbackInstanceRefresh", resource=self._group):
            self._client.rollback_instance_refresh(AutoScalingGroupName=self._group)

    def _busy(self) -> Busy:
        found = self.newest()
        return refresh_under_way(found or Refresh(refresh_id="another", status="Pending"))

    def _described(self, **question: Any) -> tuple[Refresh, ...]:
        with aws_errors("autoscaling:DescribeInstanceRefreshes", resource=self._group):
            answer = self._client.describe_instance_refreshes(
                AutoScalingGroupName=self._group, **question
            )
        return tuple(_refresh(one) for one in answer["InstanceRefreshes"])

    def _configuration(self, version: str) -> dict[str, object]:
        """Return the group's own configuration with another version of its launch template."""
        with aws_errors("autoscaling:DescribeAutoScalingGroups"):
            answer = self._client.describe_auto_scaling_groups(AutoScalingGroupNames=[self._group])
        said = answer["AutoScalingGroups"][0]
        mixed = said.get("MixedInstancesPolicy")
        if mixed is None:
            return {"LaunchTemplate": _at(said["LaunchTemplate"], version)}
        template = mixed["LaunchTemplate"]
        used = _at(template["LaunchTemplateSpecification"], version)
        return {
            "MixedInstancesPolicy": {
                **mixed,
                "LaunchTemplate": {**template, "LaunchTemplateSpecification": used},
            }
        }


def preferences(manner: Manner) -> dict[str, object]:
    """Return RefreshPreferences. Nothing is left to its default where that is a long time."""
    said: dict[str, object] = {
        "MinHealthyPercentage": manner.min_healthy_percent,
        "MaxHealthyPercentage": manner.max_healthy_percent,
        "SkipMatching": True,
        "AutoRollback": manner.rollback,
        "BakeTime": manner.bake_s,
    }
    if manner.checkpoints:
        # The default delay is an hour.
        said |= {
            "CheckpointPercentages": list(manner.checkpoints),
            "CheckpointDelay": manner.checkpoint_delay_s,
        }
    if manner.alarms:
        said["AlarmSpecification"] = {"Alarms": list(manner.alarms)}
    return said


def _at(specification: Mapping[str, str], version: str) -> dict[str, str]:
    # The API takes the id or the name, not both.
    return {"LaunchTemplateId": specification["LaunchTemplateId"], "Version": version}


def _refresh(said: Mapping[str, Any]) -> Refresh:
    return Refresh(
        refresh_id=said["InstanceRefreshId"],
        status=said["Status"],
        percent=said.get("PercentageComplete", 0),
        left=said.get("InstancesToUpdate", 0),
        reason=said.get("StatusReason", ""),
        template=launch_template(said.get("DesiredConfiguration", {})),
    )
