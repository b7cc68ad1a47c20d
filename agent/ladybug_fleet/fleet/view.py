"""The fleet as `status` shows it: one line of facts a replica, and remarks on the whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ladybug_fleet.fleet.judging import disagreements, judge_replica, lease_left_s
from ladybug_fleet.fleet.model import Fleet, Replica, Row

DAY_S = 86400.0
NO_ROW = Row({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaView:
    """One replica; what nobody says is empty, or None."""

    instance_id: str
    zone: str
    kind: str
    lifecycle: str
    target: str
    status: str
    lease_left_s: float | None
    agent_version: str
    image: str
    snapshot_id: str
    data_age_days: float | None
    hydration: str
    is_ready: bool
    missing: tuple[str, ...]
    disagreement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetView:
    at: datetime
    group: str
    minimum: int
    desired: int
    maximum: int
    replicas: tuple[ReplicaView, ...]
    remarks: tuple[str, ...]

    @property
    def ready(self) -> int:
        return sum(one.is_ready for one in self.replicas)

    @property
    def disagreements(self) -> int:
        return sum(bool(one.disagreement) for one in self.replicas)

    @property
    def is_good(self) -> bool:
        return self.ready >= self.desired and not self.disagreements


def view_of(fleet: Fleet, max_age_days: float) -> FleetView:
    """Return the fleet for showing; data older than `max_age_days` is remarked upon."""
    differing = {one.instance_id: one.text for one in disagreements(fleet)}
    replicas = tuple(
        _replica(replica, fleet.at, differing.get(replica.instance_id, ""))
        for replica in fleet.replicas()
    )
    return FleetView(
        at=fleet.at,
        group=fleet.group.name,
        minimum=fleet.group.minimum,
        desired=fleet.group.desired,
        maximum=fleet.group.maximum,
        replicas=replicas,
        remarks=tuple(_remarks(fleet, replicas, max_age_days)),
    )


def short_image(image: str) -> str:
    """Return a digest short enough to look at, as the Docker command line shows it.

    >>> short_image("sha256:0123456789abcdef"), short_image("graph-api:v1")
    ('sha256:0123456789ab', 'graph-api:v1')
    """
    kind, _, digits = image.partition(":")
    return f"{kind}:{digits[:12]}" if kind == "sha256" else image


def _replica(replica: Replica, now: datetime, disagreement: str) -> ReplicaView:
    member, target, row = replica.member, replica.target, replica.row or NO_ROW
    verdict = judge_replica(replica, now)
    return ReplicaView(
        instance_id=replica.instance_id,
        zone=member.zone if member else row.text("availability_zone"),
        kind=member.kind if member else row.text("instance_type"),
        lifecycle=member.lifecycle if member else "",
        target=target.state if target else "",
        status=_status(row),
        lease_left_s=lease_left_s(row, now),
        agent_version=row.text("agent_version"),
        image=row.text("image_digest") or row.text("image"),
        snapshot_id=row.text("snapshot_id") or row.text("data_state"),
        data_age_days=_age_days(row, now),
        hydration=_hydration(row),
        is_ready=verdict.is_ready,
        missing=verdict.missing,
        disagreement=disagreement,
    )


def _status(row: Row) -> str:
    status = row.text("status")
    if row.text("desired") == "maintenance":
        return f"{status}, maintenance"
    degraded = row.text("degraded_reasons") if row.attributes.get("degraded") is True else ""
    reason = row.text("reason_code") or degraded
    return f"{status} ({reason})" if reason else status


def _age_days(row: Row, now: datetime) -> float | None:
    try:
        taken = datetime.fromisoformat(row.text("snapshot_taken_at"))
    except ValueError:
        return None
    aware = taken if taken.tzinfo else taken.replace(tzinfo=UTC)
    return (now - aware).total_seconds() / DAY_S


def _hydration(row: Row) -> str:
    state, percent = row.text("hydration_state"), row.number("hydration_pct")
    return f"{state} {percent:.0f} %" if percent is not None else state


def _remarks(fleet: Fleet, replicas: tuple[ReplicaView, ...], max_age_days: float) -> Iterator[str]:
    if fleet.group.status:
        yield f"the group is in `{fleet.group.status}`"
    if fleet.group.suspended:
        yield f"suspended: {', '.join(sorted(fleet.group.suspended))}"
    if fleet.lost_snapshots:
        yield f"the launch template's snapshot is gone: {', '.join(fleet.lost_snapshots)}"
    yield from _mixtures("agent versions", [one.agent_version for one in replicas])
    yield from _mixtures("images", [short_image(one.image) for one in replicas])
    yield from _mixtures("snapshots", [one.snapshot_id for one in replicas])
    if old := [one for one in replicas if (one.data_age_days or 0.0) > max_age_days]:
        listed = ", ".join(f"{one.instance_id} ({one.data_age_days:.1f})" for one in old)
        yield f"data older than {max_age_days:g} days: {listed}"
    if replicas and not any(one.status.startswith("healthy") for one in replicas):
        # docs/registry.md: then the registry may be what is wrong.
        yield "no replica is healthy by the registry: look at the registry before the replicas"


def _mixtures(what: str, values: list[str]) -> Iterator[str]:
    counted = Counter(value for value in values if value)
    if len(counted) > 1:
        listed = ", ".join(f"{value} ({number})" for value, number in counted.most_common())
        yield f"several {what}: {listed}"
