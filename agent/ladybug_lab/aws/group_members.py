"""Instances of the emulated Auto Scaling groups, as DescribeAutoScalingInstances shows them.

Moto's groups launch instances of their own, and ours is there already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.wrappers import Response

from ladybug_lab.aws.wire import ApiCall

_NAME = "DescribeAutoScalingInstances"


@dataclass(slots=True)
class GroupMember:
    """One instance; what a test changes here is what is shown."""

    group: str
    hook: str
    lifecycle_state: str = ""
    """Empty: `Pending:Wait` while the hook waits, and `InService` afterwards."""
    health_status: str = "HEALTHY"


def describe_members(
    call: ApiCall, members: Mapping[str, GroupMember], pending_hooks: set[tuple[str, str]]
) -> Response:
    """Answer for the named instances, or for all; those that are in no group are left out."""
    sent = call.parameters.items()
    wanted = [value for name, value in sent if name.startswith("InstanceIds.member.")]
    shown = "".join(
        _member(instance_id, members[instance_id], pending_hooks)
        for instance_id in wanted or members
        if instance_id in members
    )
    return Response(
        f"<{_NAME}Response><{_NAME}Result><AutoScalingInstances>{shown}</AutoScalingInstances>"
        f"</{_NAME}Result></{_NAME}Response>",
        content_type="text/xml",
    )


def _member(instance_id: str, member: GroupMember, pending_hooks: set[tuple[str, str]]) -> str:
    waits = (member.group, member.hook) in pending_hooks
    state = member.lifecycle_state or ("Pending:Wait" if waits else "InService")
    return (
        f"<member><InstanceId>{instance_id}</InstanceId>"
        f"<AutoScalingGroupName>{member.group}</AutoScalingGroupName>"
        f"<LifecycleState>{state}</LifecycleState>"
        f"<HealthStatus>{member.health_status}</HealthStatus></member>"
    )
