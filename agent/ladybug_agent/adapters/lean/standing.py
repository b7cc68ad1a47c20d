"""What AWS thinks of the instance: STS, the load balancer, Auto Scaling; for `diagnose`."""

from __future__ import annotations

from ladybug_agent.adapters.aws_codes import service_error, target_group_missing
from ladybug_agent.adapters.lean.aws import LeanAws, ServiceRefusedError
from ladybug_agent.adapters.lean.query import ask, required, told
from ladybug_agent.adapters.lean.xml import Element
from ladybug_agent.model.standing import Caller, GroupMember, TargetHealth


class LeanStanding:
    """One try a call."""

    def __init__(self, aws: LeanAws) -> None:
        self._aws = aws

    def caller(self) -> Caller:
        return told(self._aws, "sts:GetCallerIdentity", "2011-06-15", {}, _caller)

    def target(self, group_arn: str, instance_id: str) -> TargetHealth:
        action = "elasticloadbalancing:DescribeTargetHealth"
        values = {"TargetGroupArn": group_arn, "Targets.member.1.Id": instance_id}
        try:
            return ask(self._aws, action, "2015-12-01", values, _target)
        except ServiceRefusedError as error:
            if error.code == "TargetGroupNotFound":
                raise target_group_missing(group_arn) from error
            raise service_error(error.code, error.status, action, group_arn) from error

    def group_member(self, instance_id: str) -> GroupMember | None:
        action = "autoscaling:DescribeAutoScalingInstances"
        values = {"InstanceIds.member.1": instance_id}
        return told(self._aws, action, "2011-01-01", values, _member)


def _caller(answer: Element) -> Caller:
    path = "GetCallerIdentityResult"
    return Caller(arn=required(answer, path, "Arn"), account_id=required(answer, path, "Account"))


def _target(answer: Element) -> TargetHealth:
    found = next(answer.items("DescribeTargetHealthResult", "TargetHealthDescriptions"), None)
    if found is None:
        return TargetHealth(state="unused")
    return TargetHealth(
        state=required(found, "TargetHealth", "State"),
        reason=found.get("TargetHealth", "Reason"),
        description=found.get("TargetHealth", "Description"),
    )


def _member(answer: Element) -> GroupMember | None:
    found = next(answer.items("DescribeAutoScalingInstancesResult", "AutoScalingInstances"), None)
    if found is None:
        return None
    return GroupMember(
        group=required(found, "AutoScalingGroupName"),
        lifecycle_state=required(found, "LifecycleState"),
        health_status=found.get("HealthStatus"),
    )
