"""The conditional write of a node's row: the first, and those that renew it."""

from __future__ import annotations

import uuid

from ladybug_agent.errors import Fenced, Refused
from ladybug_agent.node.row import FIXED
from ladybug_agent.node.wish import Written
from ladybug_agent.ports import InstanceRegistry
from ladybug_agent.ports.registry import LEAVING, Heartbeat, Row, RowValue

# What moves on by itself; all else is what a registration is about.
MOVING = FIXED | {
    "lease_expires_at", "ttl", "last_health_check",
    "cpu_utilization", "memory_utilization", "available_capacity_pct",
}  # fmt: skip


def write_node(
    registry: InstanceRegistry, row: dict[str, RowValue], ours: Row | None, now: int
) -> Written:
    """Write the row of a node: whole where it is not ours yet, by a heartbeat where it is."""
    if ours is None:
        registry.put(row, now=now)
        return "registered"
    if ours.get("status") in LEAVING:
        raise _leaving(ours)
    names = (row.keys() | ours.keys() & {"reason_code"}) - MOVING
    is_same = all(ours.get(name) == row.get(name) for name in names)
    left_s = float(ours.get("lease_expires_at", 0)) - now
    if is_same and left_s > float(row["lease_seconds"]) / 2:
        return "kept"
    return _renew(registry, row, ours, now)


def _renew(registry: InstanceRegistry, row: dict[str, RowValue], ours: Row, now: int) -> Written:
    values = {name: value for name, value in row.items() if name not in FIXED}
    for _ in range(2):  # once more if somebody of ours wrote between our look and our write
        beat = Heartbeat(
            instance_id=str(row["instance_id"]),
            registration_id=str(row["registration_id"]),
            previous_seq=int(ours.get("hb_seq", 0)),
            write_id=str(uuid.uuid4()),
            values=values,
            removed=() if "reason_code" in row else ("reason_code",),
        )
        outcome = registry.beat(beat)
        match outcome.verdict:
            case "written":
                return "renewed"
            case "missing":
                registry.put(row, now=now)
                return "registered"
            case "leaving":
                raise _leaving(outcome.row)
            case "fenced":
                break
        ours = outcome.row
    raise Fenced(
        "registration_fenced",
        f"wanted to renew {row['instance_id']}, found it held by registration"
        f" {ours.get('registration_id')}",
        hint="is a second agent running with another state directory? its lease must end first",
        held_by=ours.get("registration_id"),
    )


def _leaving(row: Row) -> Refused:
    return Refused(
        "registration_leaving",
        f"the row of this node says `{row.get('status')}`: it leaves, and does not come back",
        hint="after a reboot it registers anew",
    )
