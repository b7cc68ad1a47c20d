"""Whether the fleet is ready, not yet, or can no longer get there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from ladybug_agent.errors import NotYet, Refused
from ladybug_fleet.fleet.judging import ANY_REPLICA, Verdict, WantedReplica, judge_replica
from ladybug_fleet.fleet.model import Activity, Fleet

HOPELESS_AFTER = 3
"""Launches that fail one after the other; Auto Scaling itself tries for ever."""

NEEDED = frozenset({"AddToLoadBalancer", "Launch"})
ABANDONED = "was abandoned"
CONSOLE = "aws ec2 get-console-output --instance-id ID says why, by a code of docs/errors.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedFleet:
    """What is waited for; activities count from `since`.

    Without a number it is what the group itself wants at the moment.
    """

    since: datetime
    replicas: int | None = None
    each: WantedReplica = field(default=ANY_REPLICA)

    def number(self, fleet: Fleet) -> int:
        return fleet.group.desired if self.replicas is None else self.replicas


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    wanted: int
    verdicts: tuple[Verdict, ...]

    @property
    def ready(self) -> int:
        return sum(verdict.is_ready for verdict in self.verdicts)

    @property
    def is_reached(self) -> bool:
        return self.ready >= self.wanted

    def __str__(self) -> str:
        rest = "; ".join(str(one) for one in self.verdicts if not one.is_ready)
        return f"{self.ready} of {self.wanted} ready" + (f"; {rest}" if rest else "")


def judge_readiness(fleet: Fleet, wanted: WantedFleet) -> Readiness:
    """Return how many are ready.

    Raises Refused where the wanted number cannot be reached by waiting, with a code for each
    reason, and NotYet where it can.
    """
    found = tuple(
        judge_replica(replica, fleet.at, wanted.each)
        for replica in fleet.replicas()
        if replica.member is not None
    )
    readiness = Readiness(wanted=wanted.number(fleet), verdicts=found)
    if readiness.is_reached:
        return readiness
    judge_hope(fleet, wanted)
    raise NotYet(
        "fleet_not_ready",
        f"wanted {readiness.wanted} ready replicas in {fleet.group.name}, found {readiness}",
        hint=f"ladybug-fleet status; {CONSOLE}",
    )


def judge_hope(fleet: Fleet, wanted: WantedFleet) -> None:
    """Raise Refused if waiting cannot help."""
    group, number = fleet.group, wanted.number(fleet)
    if group.status:
        raise Refused(
            "fleet_group_deleted",
            f"wanted replicas of {group.name}, found the group in `{group.status}`",
            hint="who deletes it? deploy the stack again when it is gone",
        )
    if group.desired < number:
        raise Refused(
            "fleet_desired_too_small",
            f"wanted {number} replicas, found that {group.name} itself wants"
            f" {group.desired} (at most {group.maximum})",
            hint=f"aws autoscaling set-desired-capacity --auto-scaling-group-name {group.name}"
            f" --desired-capacity {number}, or wait for fewer",
        )
    if suspended := sorted(group.suspended & NEEDED):
        raise Refused(
            "fleet_processes_suspended",
            f"wanted {group.name} to launch replicas, found {', '.join(suspended)} suspended",
            hint="aws autoscaling resume-processes --auto-scaling-group-name"
            f" {group.name} --scaling-processes {' '.join(suspended)}",
        )
    judge_launches(fleet, wanted.since)


def judge_launches(fleet: Fleet, since: datetime) -> None:
    """Raise Refused if launches have failed one after the other since then, or must fail."""
    failed = list(_failed_in_a_row(fleet, since))
    latest = failed[0].message if failed else ""
    if fleet.lost_snapshots or _is_of_a_lost_snapshot(latest):
        named = ", ".join(fleet.lost_snapshots) or latest
        raise Refused(
            "fleet_snapshot_gone",
            f"wanted to launch from the launch template's snapshot, found it gone: {named}",
            hint="choose another (ladybug-fleet snapshot), deploy it, and keep more of them",
        )
    if len(failed) < HOPELESS_AFTER:
        return
    if all(ABANDONED in activity.message for activity in failed[:HOPELESS_AFTER]):
        raise Refused(
            "fleet_hooks_abandoned",
            f"wanted replicas to finish their boot, found {len(failed)} launches in a row"
            f" abandoned: {latest}",
            hint=CONSOLE,
        )
    raise Refused(
        "fleet_launches_fail",
        f"wanted {fleet.group.name} to launch replicas, found {len(failed)} launches in a row"
        f" failed: {latest}",
        hint="mend what the message names; Auto Scaling goes on trying",
    )


def _failed_in_a_row(fleet: Fleet, since: datetime) -> Iterator[Activity]:
    """Yield failed launches that ended since then, the newest first, up to one that succeeded."""
    for activity in fleet.activities:
        is_launch = activity.description.startswith("Launching a new EC2 instance")
        if not is_launch or activity.ended_at is None:
            continue
        if activity.ended_at < since or activity.status == "Successful":
            return
        if activity.status in {"Failed", "Cancelled"}:
            yield activity


def _is_of_a_lost_snapshot(message: str) -> bool:
    says = message.lower()
    is_absent = "does not exist" in says or "notfound" in says
    return "snapshot" in says and is_absent
