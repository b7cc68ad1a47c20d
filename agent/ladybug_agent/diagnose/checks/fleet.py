"""The checks `loadbalancer` and `autoscaling`: what those think who send and replace."""

from __future__ import annotations

from ladybug_agent.diagnose.aws_sights import group_member, target
from ladybug_agent.diagnose.check import Check, Found, Remedy
from ladybug_agent.diagnose.checks.registry import LOCAL
from ladybug_agent.diagnose.checks.volume import ASKED, CALLS
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.diagnose.sights import served
from ladybug_agent.errors import AgentError, ExternalFailure, Refused
from ladybug_agent.model.standing import GroupMember, TargetHealth

FOLLOWS = ("lifecycle.departure", "metadata.identity", *ASKED, "boot.outcome", *LOCAL)
MEMBER_ACTION = "autoscaling:DescribeAutoScalingInstances"
ON_THE_WAY = frozenset({"initial", "unavailable"})
"""`unavailable`: the group's health checks are off."""
GOING = ("Terminating", "Terminated")
ASIDE = ("Standby", "EnteringStandby", "Detaching", "Detached")


def look_at_target(scene: Scene) -> Found:
    """Ask the load balancer what it thinks of this instance."""
    if not scene.config.drain.target_group_arn:
        message = "no target group is configured (`drain.target_group_arn`)"
        return Found(message=message, is_asked=False)
    found = target(scene)
    aside = _where_it_waits(scene) if found.state in {"unused", "draining"} else ""
    if aside:
        return Found(
            message=f"not a target while Auto Scaling has the instance in {aside}",
            code="target_not_ready",
            evidence={"state": found.state, "reason": found.reason},
            remedy=Remedy(text="see `autoscaling.instance`"),
        )
    return judge_target(found)


def _where_it_waits(scene: Scene) -> str:
    """Return the lifecycle state by which Auto Scaling itself keeps the target out."""
    try:
        member = group_member(scene)
    except AgentError:
        return ""
    state = member.lifecycle_state if member else ""
    return state if state.startswith(("Pending", "Warmed", *ASIDE, *GOING)) else ""


def judge_target(found: TargetHealth) -> Found:
    """Judge a target's health. Raises Refused if no requests are sent to it."""
    evidence = {"state": found.state, "reason": found.reason}
    said = " ".join(text for text in (found.reason, found.description) if text)
    if found.state == "healthy":
        return Found(message="the target is healthy", evidence=evidence)
    if found.state in ON_THE_WAY:
        return Found(
            message=f"the target is {found.state}: {said}",
            code="target_not_ready",
            evidence=evidence,
        )
    if found.state == "unused":
        raise Refused(
            "target_unused",
            f"the instance is not a target of the group: {said or 'unused'}",
            hint="Auto Scaling registers it once the launch hook is completed; is it InService?"
            " is the group attached to the Auto Scaling group, and used by a listener?",
            **evidence,
        )
    if found.state == "draining":
        raise Refused(
            "target_draining",
            f"the load balancer takes the target out: {said or 'draining'}",
            hint="who deregistered it? `ladybug-agent drain --undo` registers it again",
            **evidence,
        )
    raise ExternalFailure(
        "target_unhealthy",
        f"the load balancer's own checks fail: {said or found.state}",
        hint="compare the target group's port, path and matcher with `container.port` and"
        " `health.path`; does the security group let the load balancer in?",
        **evidence,
    )


def look_at_group(scene: Scene) -> Found:
    """Ask Auto Scaling what it thinks of this instance. Without the permission, nothing is said."""
    try:
        found = group_member(scene)
    except AgentError as error:
        if error.code != "aws_access_denied":
            raise
        remedy = Remedy(text=f"allow {MEMBER_ACTION}", iam=(MEMBER_ACTION,))
        return Found(message=str(error), code=error.code, remedy=remedy)
    wanted = scene.config.signals.auto_scaling_group
    if found is None and not wanted:
        return Found(message="the instance is in no Auto Scaling group", is_asked=False)
    if found is None or (wanted and found.group != wanted):
        raise Refused(
            "instance_not_in_group",
            f"wanted the instance in the group {wanted}, found it in"
            f" {found.group if found else 'none'}",
            hint="was it detached, or started by hand? compare `signals.auto_scaling_group`",
        )
    return judge_member(found, has_booted=served(scene) is not None)


def judge_member(found: GroupMember, *, has_booted: bool) -> Found:
    """Judge a place in a group. Raises Refused if Auto Scaling takes it out, or will."""
    state, health = found.lifecycle_state, found.health_status
    evidence = {"lifecycle_state": state, "health_status": health, "group": found.group}
    if state.startswith(GOING):
        raise Refused(
            "instance_terminating",
            f"Auto Scaling has the instance in {state}",
            hint="nothing to do here: its replacement boots on its own",
            **evidence,
        )
    if health.upper() != "HEALTHY":
        raise Refused(
            "instance_marked_unhealthy",
            f"Auto Scaling has the instance marked {health} ({state}): it will be replaced",
            hint="`aws autoscaling describe-scaling-activities` says who said so",
            **evidence,
        )
    if state.startswith(ASIDE):
        raise Refused(
            "instance_standby",
            f"Auto Scaling has the instance in {state}: no requests are sent to it",
            hint="an operator put it there: `aws autoscaling exit-standby`",
            **evidence,
        )
    if state == "InService":
        return Found(message=f"InService and healthy in {found.group}", evidence=evidence)
    if has_booted:
        raise Refused(
            "launch_hook_pending",
            f"the replica is registered, but Auto Scaling still waits ({state})",
            hint="nobody completed the launch hook: compare `signals.launch_hook` with the"
            " group's, or complete it: `aws autoscaling complete-lifecycle-action`",
            **evidence,
        )
    return Found(message=f"{state}: it waits for the boot", evidence=evidence)


CHECKS: tuple[Check, ...] = (
    Check(
        id="loadbalancer.target",
        asks="does the load balancer send requests here?",
        look=look_at_target,
        needs=("agent.config", *CALLS),
        follows=FOLLOWS,
        is_quick=False,
    ),
    Check(
        id="autoscaling.instance",
        asks="does Auto Scaling count on the instance?",
        look=look_at_group,
        needs=CALLS,
        follows=(*FOLLOWS, "loadbalancer.target"),
        is_quick=False,
    ),
)
