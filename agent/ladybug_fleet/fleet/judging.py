"""Whether a replica is ready, and what each of the three thinks of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ladybug_agent.reader import is_routable
from ladybug_fleet.fleet.model import Fleet, Replica, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedReplica:
    """What a replica must be to count; empty accepts any."""

    snapshot_id: str = ""
    agent_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is missing before the replica counts as ready; nothing for one that is."""

    instance_id: str
    missing: tuple[str, ...]

    @property
    def is_ready(self) -> bool:
        return not self.missing

    def __str__(self) -> str:
        return f"{self.instance_id}: {', '.join(self.missing) or 'ready'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    instance_id: str
    text: str


ANY_REPLICA = WantedReplica()


def judge_replica(replica: Replica, now: datetime, wanted: WantedReplica = ANY_REPLICA) -> Verdict:
    """Return what the replica lacks of: in service, healthy with a lease, a healthy target."""
    missing = (
        _group_lacks(replica),
        _registry_lacks(replica.row, now),
        _balancer_lacks(replica),
        *_row_differs(replica.row, wanted),
    )
    return Verdict(
        instance_id=replica.instance_id, missing=tuple(words for words in missing if words)
    )


def disagreements(fleet: Fleet) -> tuple[Disagreement, ...]:
    """Return where one of the three would send requests and another would not."""
    found = (
        (replica.instance_id, _disagreement(replica, fleet.at)) for replica in fleet.replicas()
    )
    return tuple(Disagreement(instance_id=name, text=text) for name, text in found if text)


def routable(row: Row | None, now: datetime) -> bool:
    """Return whether readers send requests there; a lease that is no number counts as run out."""
    if row is None:
        return False
    if "lease_expires_at" in row.attributes and row.number("lease_expires_at") is None:
        return False
    return is_routable(row.attributes, now.timestamp())


def lease_left_s(row: Row, now: datetime) -> float | None:
    """Return how long the lease lasts, below 0 for one that has run out; None without one."""
    expires = row.number("lease_expires_at")
    return None if expires is None else expires - now.timestamp()


def _group_lacks(replica: Replica) -> str:
    member = replica.member
    if member is None:
        return "Auto Scaling does not have it"
    if member.lifecycle != "InService":
        return f"Auto Scaling: {member.lifecycle}"
    return "" if member.health == "Healthy" else f"Auto Scaling: {member.health}"


def _registry_lacks(row: Row | None, now: datetime) -> str:
    if row is None:
        return "no row in the registry"
    if row.text("status") != "healthy":
        reason = row.text("reason_code")
        status = row.text("status") or "no status"
        return f"registry: {status}" + (f" ({reason})" if reason else "")
    left_s = lease_left_s(row, now)
    if left_s is None:
        return "registry: healthy without a lease"
    if not routable(row, now):
        is_out = row.text("desired") == "maintenance"
        return "registry: maintenance" if is_out else f"registry: lease over for {-left_s:.0f} s"
    return ""


def _balancer_lacks(replica: Replica) -> str:
    target = replica.target
    if target is None:
        return "load balancer: not registered"
    if target.state == "healthy":
        return ""
    return f"load balancer: {target.state}" + (f" ({target.reason})" if target.reason else "")


def _row_differs(row: Row | None, wanted: WantedReplica) -> tuple[str, ...]:
    wishes = (("snapshot_id", wanted.snapshot_id), ("agent_version", wanted.agent_version))
    return tuple(
        f"{name} is {(row.text(name) if row else '') or 'unknown'}"
        for name, wish in wishes
        if wish and (row is None or row.text(name) != wish)
    )


def _disagreement(replica: Replica, now: datetime) -> str:
    member, row = replica.member, replica.row
    in_service = member is not None and member.lifecycle == "InService"
    served = replica.target is not None and replica.target.state == "healthy"
    listed = routable(row, now)
    if member is None:
        if listed or served:
            who = "the registry" if listed else "the load balancer"
            return f"{who} sends requests to it, but Auto Scaling does not have it"
        return ""
    if listed != served:
        yes, no = ("registry", "load balancer") if listed else ("load balancer", "registry")
        lacks = _registry_lacks(row, now) if served else _balancer_lacks(replica)
        return f"the {yes} sends requests to it, the {no} does not ({lacks})"
    if in_service and not listed:
        return (
            f"Auto Scaling has it in service, nobody sends requests ({_registry_lacks(row, now)})"
        )
    return ""
