"""What the three who know of replicas say: Auto Scaling, the load balancer, the registry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

Value = str | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An instance of the group (DescribeAutoScalingGroups)."""

    instance_id: str
    zone: str = ""
    kind: str = ""
    lifecycle: str
    """`InService`, `Pending:Wait`, `Terminating`, ..."""
    health: str
    template_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """A scaling activity (DescribeScalingActivities)."""

    activity_id: str
    started_at: datetime
    ended_at: datetime | None
    status: str
    description: str
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchTemplate:
    template_id: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The Auto Scaling group (DescribeAutoScalingGroups)."""

    name: str
    minimum: int
    desired: int
    maximum: int
    members: tuple[Member, ...] = ()
    suspended: frozenset[str] = frozenset()
    target_groups: tuple[str, ...] = ()
    grace_s: float = 0.0
    status: str = ""
    """Empty but while the group is being deleted."""
    template: LaunchTemplate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An instance in a target group (DescribeTargetHealth)."""

    instance_id: str
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the instance registry (docs/registry.md); anybody may have written anything."""

    attributes: Mapping[str, Value]

    def text(self, name: str) -> str:
        """Return the attribute as text that a terminal only shows."""
        return printable(str(self.attributes.get(name, "")))

    def number(self, name: str) -> float | None:
        """Return the attribute; None where there is none, or it is no number."""
        value = self.attributes.get(name)
        return value if isinstance(value, float) else None

    @property
    def instance_id(self) -> str:
        return self.text("instance_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """One instance, by all who know of it."""

    instance_id: str
    member: Member | None = None
    target: Target | None = None
    row: Row | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """All of it at one moment."""

    at: datetime
    group: Group
    targets: tuple[Target, ...] = ()
    rows: tuple[Row, ...] = ()
    activities: tuple[Activity, ...] = field(default=())
    """The newest first."""
    lost_snapshots: tuple[str, ...] = ()
    """What the launch template names and EC2 no longer has."""

    def replicas(self) -> Iterator[Replica]:
        """Yield every instance that one of the three knows, by its id."""
        members = {one.instance_id: one for one in self.group.members}
        targets = {one.instance_id: one for one in self.targets}
        rows = {one.instance_id: one for one in self.rows}
        for instance_id in sorted({*members, *targets, *rows}):
            yield Replica(
                instance_id=instance_id,
                member=members.get(instance_id),
                target=targets.get(instance_id),
                row=rows.get(instance_id),
            )


def printable(text: str) -> str:
    """Return the text without what a terminal would act on.

    >>> printable("a" + chr(27) + "[2J")
    'a?[2J'
    """
    return "".join(sign if sign.isprintable() else "?" for sign in text)
