"""The registration: one conditional write that says this replica is healthy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ladybug_agent.ports import InstanceRegistry, Row
from ladybug_agent.resources.hydration.readiness import ReadyService

# What a registration is about. The other attributes move on by themselves (lease, load, times).
LASTING = (
    "registration_id",
    "boot_id",
    "status",
    "container_id",
    "image_digest",
    "data_state",
    "volume_id",
    "volume_check",
    "snapshot_id",
    "degraded_reasons",
    "endpoint_url",
    "database_count",
    "shared_repositories",
    "agent_version",
    "stack_name",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Evidence: the registry says that this ready service is here, under our fence."""

    ready: ReadyService
    row: Row
    written_here: bool


def inspect_registration(
    registry: InstanceRegistry, ready: ReadyService, wanted: Row, now: datetime
) -> Registration | None:
    """Return the registration, or None if the row says something else or its lease is half over."""
    found = registry.row(str(wanted["instance_id"]))
    if found is None or any(found.get(name) != wanted.get(name) for name in LASTING):
        return None
    left_s = int(found["lease_expires_at"]) - int(now.timestamp())
    if left_s < int(wanted["lease_seconds"]) / 2:
        return None
    return Registration(ready=ready, row=found, written_here=False)


def ensure_registered(
    registry: InstanceRegistry,
    ready: ReadyService,
    make_row: Callable[[ReadyService], Row],
    now: Callable[[], datetime],
) -> Registration:
    """Write the row, unless it already says so under our fence.

    The row is made last, so that its times and load are of the moment of the write. Raises Fenced
    if another live registration holds the instance.
    """
    wanted = make_row(ready)
    if found := inspect_registration(registry, ready, wanted, now()):
        return found
    registry.put(wanted, now=int(now().timestamp()))
    return Registration(ready=ready, row=wanted, written_here=True)
