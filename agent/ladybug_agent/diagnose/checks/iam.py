"""The check `iam`: credentials, whom AWS takes us for, and what the role may not do."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ladybug_agent.clock import iso_utc
from ladybug_agent.diagnose.actions import Action, actions_for
from ladybug_agent.diagnose.aws_sights import (
    attached_volumes,
    caller,
    group_member,
    image_digest,
    registry_row,
    target,
    volume_health,
)
from ladybug_agent.diagnose.check import Check, Found, Remedy
from ladybug_agent.diagnose.checks.volume import data_volume_id
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.diagnose.side_by_side import side_by_side
from ladybug_agent.diagnose.sights import served
from ladybug_agent.errors import AgentError, ExternalFailure
from ladybug_agent.resources.image import parse_image_reference

DENIALS = frozenset({"aws_access_denied", "image_pull_denied"})
REACH = ("network.resolve", "network.endpoints")


def look_at_credentials(scene: Scene) -> Found:
    """Look whether instance metadata has credentials that are still good."""
    held = scene.world.metadata.credentials()
    left_s = (held.expires_at - scene.clock.utcnow()).total_seconds()
    evidence = {"expires_at": iso_utc(held.expires_at), "left_s": round(left_s)}
    if left_s <= 0:
        raise ExternalFailure(
            "credentials_expired",
            f"wanted credentials that are good now, found some that ran out {-left_s:.0f} s ago",
            hint="EC2 renews them itself: is the clock right? was the role deleted, or its trust"
            " policy changed? else replace the instance",
            **evidence,
        )
    return Found(message=f"good for {left_s / 3600:.1f} h", evidence=evidence)


def look_at_identity(scene: Scene) -> Found:
    """Ask STS who we are. That STS is out of reach alone harms no replica."""
    try:
        found = caller(scene)
    except AgentError as error:
        if error.code not in {"aws_unreachable", "aws_throttled"}:
            raise
        return Found(message=f"not known: {error}", code=error.code)
    evidence = {"arn": found.arn, "account_id": found.account_id}
    return Found(message=f"we are {found.arn}", evidence=evidence)


def look_at_permissions(scene: Scene) -> Found:
    """Ask for each action that can be asked for without doing anything."""
    wanted = {action.name: action for action in actions_for(scene.config)}
    asked = {name: look for name, look in _looks(scene).items() if name in wanted}
    told = side_by_side(asked, scene.deadline)
    denied = [wanted[name] for name, one in told.items() if _is_denial(one)]
    lists = {
        "denied": [action.name for action in denied],
        "unanswered": [n for n, one in told.items() if _is_silence(one)],
        "not_asked": [name for name in wanted if name not in asked],
    }
    evidence = {name: found for name, found in lists.items() if found}
    # Before a replica serves, any of them may be what its boot waits for.
    has_booted = served(scene) is not None
    if any(one.is_vital or not (has_booted or one.by_diagnose_only) for one in denied):
        raise _may_not(denied, evidence)
    if denied:
        names = tuple(action.name for action in denied)
        return Found(
            message=f"the role may not call {_listed(denied)}",
            code="aws_access_denied",
            evidence=evidence,
            remedy=Remedy(text=f"allow {', '.join(names)} in the role's policy", iam=names),
        )
    return Found(message=f"{len(told)} of {len(wanted)} actions asked for", evidence=evidence)


def _looks(scene: Scene) -> Mapping[str, Callable[[], bool]]:
    """Return how each action is asked for: by reads that other checks make, too, or a DryRun."""

    def pull() -> bool:
        image = parse_image_reference(scene.config.container.image)
        return _done(image_digest(scene, image.repository, image.digest or image.tag))

    return {
        "dynamodb:GetItem": lambda: _done(registry_row(scene)),
        "ec2:DescribeVolumes": lambda: _done(attached_volumes(scene)),
        "ec2:DescribeSnapshots": lambda: scene.world.aws.volumes.may("DescribeSnapshots"),
        "ec2:DescribeVolumeStatus": lambda: _done(volume_health(scene, data_volume_id(scene))),
        "ecr:GetAuthorizationToken": scene.world.aws.images.may_log_in,
        "ecr:BatchGetImage": pull,
        "elasticloadbalancing:DescribeTargetHealth": lambda: _done(target(scene)),
        "autoscaling:DescribeAutoScalingInstances": lambda: _done(group_member(scene)),
        "sts:GetCallerIdentity": lambda: _done(caller(scene)),
    }


def _done(_: object) -> bool:
    """Turn an answer, whatever it is, into the permission to have asked."""
    return True


def _is_denial(told: bool | AgentError) -> bool:  # noqa: FBT001 - an answer
    return told is False or (isinstance(told, AgentError) and told.code in DENIALS)


def _is_silence(told: bool | AgentError) -> bool:  # noqa: FBT001 - an answer
    return isinstance(told, AgentError) and told.code not in DENIALS


def _listed(denied: list[Action]) -> str:
    return "; ".join(f"{action.name} ({action.used_for})" for action in denied)


def _may_not(denied: list[Action], evidence: Mapping[str, object]) -> ExternalFailure:
    names = ", ".join(action.name for action in denied)
    return ExternalFailure(
        "aws_access_denied",
        f"the role may not call {_listed(denied)}",
        hint=f"allow {names} in the role's policy (or look for an explicit deny)",
        iam_action=names,
        **evidence,
    )


CHECKS: tuple[Check, ...] = (
    Check(
        id="iam.credentials",
        asks="does instance metadata have credentials of the role?",
        look=look_at_credentials,
        needs=("metadata.token",),
        follows=("time.skew",),
        is_quick=False,
    ),
    Check(
        id="iam.identity",
        asks="does AWS accept them, and as whom?",
        look=look_at_identity,
        needs=("iam.credentials",),
        follows=("time.skew", *REACH),
        is_quick=False,
    ),
    Check(
        id="iam.permissions",
        asks="may the role make the calls that the agent makes?",
        look=look_at_permissions,
        needs=("agent.config", "iam.credentials"),
        follows=("iam.identity", *REACH),
        is_quick=False,
    ),
)
