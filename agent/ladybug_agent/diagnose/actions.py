"""The IAM actions that the agent uses, and what for: the one list of them.

A test compares it with the calls that the adapters make. `iam.permissions` asks for those that can
be asked for without doing anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ladybug_agent.config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    name: str
    """As in a policy: `ec2:DescribeVolumes`."""
    used_for: str
    applies: Callable[[Config], bool]
    """Whether an agent of this configuration makes the call."""
    is_vital: bool = True
    """Whether the replica cannot do without it; else it goes on, and says what it does not know."""
    by_diagnose_only: bool = False


def _always(config: Config) -> bool:
    del config
    return True


def _has_data(config: Config) -> bool:
    return config.data.mode == "snapshot"


def _pulls_from_ecr(config: Config) -> bool:
    return ".dkr.ecr" in config.container.image


def _keeps_maps(config: Config) -> bool:
    return config.hydration.maps.startswith("s3://")


def _has_group(config: Config) -> bool:
    return bool(config.signals.auto_scaling_group)


def _has_target(config: Config) -> bool:
    return bool(config.drain.target_group_arn)


def _sends_logs(config: Config) -> bool:
    return config.metrics.destination == "logs"


ACTIONS: tuple[Action, ...] = (
    Action(name="dynamodb:GetItem", used_for="the instance registry", applies=_always),
    Action(name="dynamodb:PutItem", used_for="the instance registry", applies=_always),
    Action(name="dynamodb:UpdateItem", used_for="the instance registry", applies=_always),
    Action(
        name="dynamodb:Scan",
        used_for="whether the peers fail too, before an instance is given up",
        applies=lambda config: config.health.replace_instance,
        is_vital=False,
    ),
    Action(name="ecr:GetAuthorizationToken", used_for="the image pull", applies=_always),
    Action(name="ecr:BatchGetImage", used_for="the image pull", applies=_pulls_from_ecr),
    Action(name="ecr:GetDownloadUrlForLayer", used_for="the image pull", applies=_pulls_from_ecr),
    Action(
        name="ec2:DescribeVolumes",
        used_for="which volume the data volume is",
        applies=_has_data,
        is_vital=False,
    ),
    Action(
        name="ec2:DescribeSnapshots",
        used_for="the age of the data",
        applies=_has_data,
        is_vital=False,
    ),
    Action(
        name="ec2:DescribeVolumeStatus",
        used_for="how far EC2 is with loading the volume, and whether it is impaired",
        applies=_has_data,
        is_vital=False,
    ),
    Action(
        name="s3:GetObject", used_for="the maps of hot blocks", applies=_keeps_maps, is_vital=False
    ),
    Action(
        name="s3:PutObject", used_for="the maps of hot blocks", applies=_keeps_maps, is_vital=False
    ),
    Action(
        name="s3:ListBucket", used_for="the maps of hot blocks", applies=_keeps_maps, is_vital=False
    ),
    Action(
        name="cloudformation:SignalResource",
        used_for="the stack that waits for the boot",
        applies=lambda config: bool(config.signals.logical_resource_id),
    ),
    Action(
        name="autoscaling:CompleteLifecycleAction",
        used_for="the lifecycle hooks",
        applies=_has_group,
    ),
    Action(
        name="autoscaling:RecordLifecycleActionHeartbeat",
        used_for="the lifecycle hooks",
        applies=_has_group,
    ),
    Action(
        name="autoscaling:SetInstanceHealth",
        used_for="giving the instance up",
        applies=lambda config: config.health.replace_instance,
    ),
    Action(
        name="elasticloadbalancing:DescribeTargetHealth",
        used_for="the drain",
        applies=_has_target,
    ),
    Action(
        name="elasticloadbalancing:DeregisterTargets",
        used_for="the drain",
        applies=lambda config: _has_target(config) and config.drain.deregister,
    ),
    Action(
        name="elasticloadbalancing:RegisterTargets",
        used_for="a drain that is undone",
        applies=_has_target,
    ),
    Action(name="logs:PutLogEvents", used_for="the metrics", applies=_sends_logs),
    Action(name="logs:CreateLogStream", used_for="the metrics", applies=_sends_logs),
    Action(
        name="sns:Publish",
        used_for="alerts",
        applies=lambda config: bool(config.alerts.sns_topic),
    ),
    Action(
        name="autoscaling:DescribeAutoScalingInstances",
        used_for="diagnose",
        applies=_always,
        is_vital=False,
        by_diagnose_only=True,
    ),
    Action(
        name="sts:GetCallerIdentity",
        used_for="diagnose; needs no permission, unless it is denied",
        applies=_always,
        is_vital=False,
        by_diagnose_only=True,
    ),
)


def actions_for(config: Config) -> tuple[Action, ...]:
    """Return the actions that an agent of this configuration uses."""
    return tuple(action for action in ACTIONS if action.applies(config))
