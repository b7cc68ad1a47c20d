"""A fleet as Auto Scaling, load balancer and registry show it, changed by the test as it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fakes.clock import STARTED_AT
from ladybug_fleet.fleet.model import (
    Activity,
    Fleet,
    Group,
    LaunchTemplate,
    Member,
    Row,
    Target,
    Value,
)

GROUP, ARN = "replicas", "arn:aws:elasticloadbalancing:lab:1:targetgroup/replicas/1"
TEMPLATE = LaunchTemplate(template_id="lt-1", version="3")
NOW_S = STARTED_AT.timestamp()


def a_member(instance_id: str, lifecycle: str = "InService", *, version: str = "3") -> Member:
    return Member(
        instance_id=instance_id,
        zone="us-east-1a",
        kind="r7g.large",
        lifecycle=lifecycle,
        health="Healthy",
        template_version=version,
    )


def a_row(instance_id: str, **changes: Value) -> Row:
    """A row of a healthy replica; its lease lasts for a day."""
    attributes: dict[str, Value] = {
        "instance_id": instance_id,
        "node_type": "shared_replica",
        "status": "healthy",
        "lease_expires_at": NOW_S + 86400,
        "agent_version": "0.1.0",
        "image_digest": "sha256:ab",
        "snapshot_id": "snap-1",
        "snapshot_taken_at": "2026-02-05T12:00:00Z",
        "hydration_state": "complete",
        "hydration_pct": 100.0,
        **changes,
    }
    return Row(attributes)


def a_launch(
    status: str, message: str = "", *, ended_s: float = 10.0, began: datetime = STARTED_AT
) -> Activity:
    return Activity(
        activity_id=f"{status}-{ended_s}",
        started_at=began,
        ended_at=began + timedelta(seconds=ended_s),
        status=status,
        description="Launching a new EC2 instance: i-new",
        message=message,
    )


def a_group(*members: Member, desired: int | None = None) -> Group:
    wanted = len(members) if desired is None else desired
    return Group(
        name=GROUP,
        minimum=1,
        desired=wanted,
        maximum=10,
        members=members,
        target_groups=(ARN,),
        template=TEMPLATE,
    )


def a_fleet(*instance_ids: str, desired: int | None = None) -> Fleet:
    """A fleet in which all agree that all of these are well."""
    return Fleet(
        at=STARTED_AT,
        group=a_group(*(a_member(one) for one in instance_ids), desired=desired),
        targets=tuple(Target(instance_id=one, state="healthy") for one in instance_ids),
        rows=tuple(a_row(one) for one in instance_ids),
    )


@dataclass(slots=True)
class FakeSight:
    """Shows `fleet`; `then` are the changes that each further look finds."""

    fleet: Fleet
    then: list[Callable[[Fleet], Fleet]] = field(default_factory=list)
    looks: int = 0

    def group(self) -> Group:
        if self.looks and self.then:
            self.fleet = self.then.pop(0)(self.fleet)
        self.looks += 1
        return self.fleet.group

    def activities(self) -> tuple[Activity, ...]:
        return self.fleet.activities

    def targets(self, _target_group: str) -> tuple[Target, ...]:
        return self.fleet.targets

    def rows(self) -> tuple[Row, ...]:
        return self.fleet.rows

    def lost_snapshots(self, _template: LaunchTemplate) -> tuple[str, ...]:
        return self.fleet.lost_snapshots


def with_group(fleet: Fleet, **changes: object) -> Fleet:
    return replace(fleet, group=replace(fleet.group, **changes))  # type: ignore[arg-type]
