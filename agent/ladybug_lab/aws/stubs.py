"""Answers to the API calls that moto lacks or answers wrongly."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import ClassVar

from werkzeug.wrappers import Response

from ladybug_lab.aws.group_members import GroupMember, describe_members
from ladybug_lab.aws.groups import LabGroups
from ladybug_lab.aws.query import RefusedError, answered, invalid, one_of, refused, required
from ladybug_lab.aws.records import (
    LifecycleHeartbeat,
    LifecycleResult,
    Signal,
    VolumeHealth,
    VolumeInitialization,
)
from ladybug_lab.aws.stacks import LabStacks
from ladybug_lab.aws.target_groups import TargetGroups
from ladybug_lab.aws.volume_status import describe_volume_status
from ladybug_lab.aws.wire import ApiCall

_REGISTRY_TOKEN_LIFETIME_S = 12 * 3600


class AwsStubs:
    """State that a test sets (stacks, hooks, volumes), and what the calls left behind."""

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id
        self.volume_initializations: dict[str, VolumeInitialization] = {}
        self.volume_healths: dict[str, VolumeHealth] = {}
        self.group_members: dict[str, GroupMember] = {}
        self.signals: list[Signal] = []
        self.lifecycle_results: list[LifecycleResult] = []
        self.lifecycle_heartbeats: list[LifecycleHeartbeat] = []
        self.managed_instances: set[str] = set()
        self.given_up: list[str] = []
        self.stacks_in_progress: set[str] = set()
        self.missing_stacks: set[str] = set()
        self.pending_hooks: set[tuple[str, str]] = set()
        self.target_groups = TargetGroups()
        self.stacks = LabStacks(account_id)
        self.groups = LabGroups()

    def reset(self) -> None:
        self.signals.clear()
        self.lifecycle_results.clear()
        self.lifecycle_heartbeats.clear()
        self.managed_instances.clear()
        self.given_up.clear()
        self.stacks_in_progress.clear()
        self.missing_stacks.clear()
        self.pending_hooks.clear()
        self.volume_initializations.clear()
        self.volume_healths.clear()
        self.group_members.clear()
        self.target_groups.reset()
        self.stacks.reset()
        self.groups.reset()

    def answer(self, call: ApiCall) -> Response | None:
        """None for a call that is moto's business."""
        stub = self._STUBS.get((call.service, call.operation))
        if stub is None:
            return (
                self.target_groups.answer(call)
                or self.stacks.answer(call)
                or self.groups.answer(call)
            )
        try:
            return stub(self, call)
        except RefusedError as error:
            return refused(call, error)

    def _signal_resource(self, call: ApiCall) -> Response:
        # An ARN is as good as a name: arn:aws:cloudformation:<region>:<account>:stack/<name>/<id>
        stack = required(call, "StackName")
        name = stack.split("/")[1] if stack.startswith("arn:") else stack
        accepted = name in self.stacks_in_progress and name not in self.missing_stacks
        self.signals.append(
            Signal(
                stack_name=name,
                logical_resource_id=required(call, "LogicalResourceId"),
                unique_id=required(call, "UniqueId"),
                status=one_of(call, "Status", "SUCCESS", "FAILURE"),
                accepted=accepted,
            )
        )
        if name in self.missing_stacks:
            raise invalid(f"Stack [{name}] does not exist")
        if not accepted:
            arn = f"arn:aws:cloudformation:{call.region}:{self._account_id}:stack/{name}/lab"
            raise invalid(f"Stack:{arn} is in CREATE_COMPLETE state and cannot be signaled")
        return answered(call, {})

    def _complete_lifecycle_action(self, call: ApiCall) -> Response:
        hook = _hook(call)
        accepted = hook in self.pending_hooks
        self.lifecycle_results.append(
            LifecycleResult(
                group=hook[0],
                hook=hook[1],
                result=one_of(call, "LifecycleActionResult", "CONTINUE", "ABANDON"),
                instance_id=call.parameters.get("InstanceId"),
                token=call.parameters.get("LifecycleActionToken"),
                accepted=accepted,
            )
        )
        self._refuse_unless_pending(call)
        self.pending_hooks.discard(hook)
        return answered(call, {})

    def _record_lifecycle_action_heartbeat(self, call: ApiCall) -> Response:
        hook = _hook(call)
        self.lifecycle_heartbeats.append(
            LifecycleHeartbeat(
                group=hook[0],
                hook=hook[1],
                instance_id=call.parameters.get("InstanceId"),
                token=call.parameters.get("LifecycleActionToken"),
                accepted=hook in self.pending_hooks,
            )
        )
        self._refuse_unless_pending(call)
        return answered(call, {})

    def _refuse_unless_pending(self, call: ApiCall) -> None:
        if _hook(call) in self.pending_hooks:
            return
        token = call.parameters.get("LifecycleActionToken")
        whose = f"token {token}" if token else f"instance ID {required(call, 'InstanceId')}"
        raise invalid(f"No active Lifecycle Action found with {whose}")

    def _set_instance_health(self, call: ApiCall) -> Response:
        """Moto's own fails for an instance that is in none of its groups."""
        instance_id = required(call, "InstanceId")
        if instance_id not in self.managed_instances:
            raise invalid(f"No managed instance found for instance ID: {instance_id}")
        if one_of(call, "HealthStatus", "Healthy", "Unhealthy") == "Unhealthy":
            self.given_up.append(instance_id)
        return answered(call, {})

    def _get_authorization_token(self, call: ApiCall) -> Response:
        """Moto's user and password, but not its expiry date, which is in the year 2015."""
        pair = f"AWS:{registry_password(self._account_id)}"
        data = {
            "authorizationToken": base64.b64encode(pair.encode()).decode(),
            "expiresAt": time.time() + _REGISTRY_TOKEN_LIFETIME_S,
            "proxyEndpoint": f"https://{self._account_id}.dkr.ecr.{call.region}.amazonaws.com",
        }
        return Response(
            json.dumps({"authorizationData": [data]}), content_type="application/x-amz-json-1.1"
        )

    def _describe_volume_status(self, call: ApiCall) -> Response:
        return describe_volume_status(
            call, self._account_id, self.volume_initializations, self.volume_healths
        )

    def _describe_auto_scaling_instances(self, call: ApiCall) -> Response:
        return describe_members(call, self.group_members, self.pending_hooks)

    _STUBS: ClassVar[dict[tuple[str, str], Callable[[AwsStubs, ApiCall], Response]]] = {
        ("autoscaling", "CompleteLifecycleAction"): _complete_lifecycle_action,
        ("autoscaling", "DescribeAutoScalingInstances"): _describe_auto_scaling_instances,
        ("autoscaling", "RecordLifecycleActionHeartbeat"): _record_lifecycle_action_heartbeat,
        ("autoscaling", "SetInstanceHealth"): _set_instance_health,
        ("cloudformation", "SignalResource"): _signal_resource,
        ("ec2", "DescribeVolumeStatus"): _describe_volume_status,
        ("ecr", "GetAuthorizationToken"): _get_authorization_token,
    }


def registry_password(account_id: str) -> str:
    return f"{account_id}-auth-token"


def _hook(call: ApiCall) -> tuple[str, str]:
    return required(call, "AutoScalingGroupName"), required(call, "LifecycleHookName")
