"""AWS and the network, as a diagnosis sees them: all is well until a test breaks a part of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from fakes.engine import DIGEST
from fakes.instance import IDENTITY, ROOT_VOLUME, VOLUME
from fakes.registry import FakeRegistry
from ladybug_agent.errors import AgentError, ExternalFailure
from ladybug_agent.model.standing import Answered, Caller, GroupMember, TargetHealth, VolumeHealth
from ladybug_agent.model.storage import AttachedVolume
from ladybug_agent.ports.aws_look import AwsLooks
from ladybug_agent.ports.registry import Row

GROUP = "replicas"


def denied(action: str) -> ExternalFailure:
    return ExternalFailure(
        "aws_access_denied",
        f"the instance role may not call {action}",
        hint=f"allow {action} in the role's policy",
        iam_action=action,
    )


def out_of_reach(action: str) -> ExternalFailure:
    return ExternalFailure(
        "aws_unreachable", f"wanted {action}, found no connection", hint="check the route"
    )


class Failing:
    """What fails, by action; every fake here asks it before it answers."""

    def __init__(self) -> None:
        self.failures: dict[str, AgentError] = {}

    def check(self, action: str) -> None:
        if failure := self.failures.get(action):
            raise failure


@dataclass(slots=True)
class FakeVolumes:
    failing: Failing
    volumes: list[AttachedVolume] = field(default_factory=lambda: [ROOT_VOLUME, VOLUME])
    healths: dict[str, VolumeHealth] = field(default_factory=dict)

    def attached_volumes(self, instance_id: str) -> tuple[AttachedVolume, ...]:
        self.failing.check("ec2:DescribeVolumes")
        return tuple(self.volumes) if instance_id == IDENTITY.instance_id else ()

    def health(self, volume_id: str) -> VolumeHealth | None:
        self.failing.check("ec2:DescribeVolumeStatus")
        known = any(volume.volume_id == volume_id for volume in self.volumes)
        return self.healths.get(volume_id, VolumeHealth(status="ok")) if known else None

    def may(self, operation: str) -> bool:
        failure = self.failing.failures.get(f"ec2:{operation}")
        if failure is None or failure.code == "aws_access_denied":
            return failure is None
        raise failure


@dataclass(slots=True)
class FakeStanding:
    failing: Failing
    targets: dict[str, TargetHealth] = field(default_factory=dict)
    """By instance id; the others are no targets."""
    member: GroupMember | None = field(
        default_factory=lambda: GroupMember(
            group=GROUP, lifecycle_state="InService", health_status="HEALTHY"
        )
    )

    def caller(self) -> Caller:
        self.failing.check("sts:GetCallerIdentity")
        account = IDENTITY.account_id
        arn = f"arn:aws:sts::{account}:assumed-role/replica/{IDENTITY.instance_id}"
        return Caller(arn=arn, account_id=account)

    def target(self, group_arn: str, instance_id: str) -> TargetHealth:
        self.failing.check("elasticloadbalancing:DescribeTargetHealth")
        assert group_arn.startswith("arn:")
        reason = "Target.NotRegistered"
        return self.targets.get(instance_id, TargetHealth(state="unused", reason=reason))

    def group_member(self, instance_id: str) -> GroupMember | None:
        self.failing.check("autoscaling:DescribeAutoScalingInstances")
        return self.member if instance_id == IDENTITY.instance_id else None


@dataclass(slots=True)
class FakeImages:
    failing: Failing
    meant: str = DIGEST
    """What every tag and digest means."""

    def may_log_in(self) -> bool:
        self.failing.check("ecr:GetAuthorizationToken")
        return True

    def digest(self, repository: str, reference: str) -> str:
        self.may_log_in()
        self.failing.check("ecr:BatchGetImage")
        assert repository
        assert reference
        return self.meant


@dataclass(slots=True)
class FakeRows:
    failing: Failing
    registry: FakeRegistry

    def row(self, instance_id: str) -> Row | None:
        self.failing.check("dynamodb:GetItem")
        return self.registry.row(instance_id)


class FakeAws:
    """All of AWS; `deny` and `lose` break single actions."""

    def __init__(self, registry: FakeRegistry) -> None:
        self._failing = Failing()
        self.volumes = FakeVolumes(self._failing)
        self.standing = FakeStanding(self._failing)
        self.images = FakeImages(self._failing)
        self.rows = FakeRows(self._failing, registry)

    @property
    def looks(self) -> AwsLooks:
        return AwsLooks(
            volumes=self.volumes, standing=self.standing, images=self.images, registry=self.rows
        )

    def deny(self, *actions: str) -> None:
        self._failing.failures |= {action: denied(action) for action in actions}

    def lose(self, *actions: str) -> None:
        self._failing.failures |= {action: out_of_reach(action) for action in actions}

    def fail(self, action: str, error: AgentError) -> None:
        self._failing.failures[action] = error


@dataclass(slots=True)
class FakeReach:
    """Endpoints by service; `silent` ones do not answer, `nameless` ones have no address."""

    silent: set[str] = field(default_factory=set)
    nameless: set[str] = field(default_factory=set)
    ahead_s: float | None = 0.4
    synchronized: bool | None = True
    untimely: bool = False
    """Certificates are not valid at this instance's time."""

    def endpoint_url(self, service: str, region: str) -> str:
        return f"https://{service}.{region}.amazonaws.com"

    def resolve(self, host: str) -> str:
        if host.partition(".")[0] in self.nameless:
            raise ExternalFailure(
                "name_not_resolved", f"wanted the address of {host}", hint="is DNS on?"
            )
        return "10.0.0.9"

    def ask(self, url: str) -> Answered:
        service = url.removeprefix("https://").partition(".")[0]
        if self.untimely:
            raise ExternalFailure("clock_skewed", f"{url} has a certificate of another time")
        if service in self.silent | self.nameless:
            raise out_of_reach(service)
        return Answered(took_ms=12.0, ahead_s=self.ahead_s)

    def is_clock_synchronized(self) -> bool | None:
        return self.synchronized
