"""The registration: one conditional write that says this replica is healthy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ladybug_agent.errors import Fenced
from ladybug_agent.model import BootIdentity
from ladybug_agent.ports import InstanceRegistry, Row
from ladybug_agent.resources.service import HealthyService

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
    """Evidence: the registry says that this healthy service is here, under our fence."""

    service: HealthyService
    row: Row
    written_here: bool


def inspect_registration(
    registry: InstanceRegistry, service: HealthyService, wanted: Row, now: datetime
) -> Registration | None:
    """Return the registration, or None if the row says something else or its lease is half over."""
    found = registry.row(str(wanted["instance_id"]))
    if found is None or any(found.get(name) != wanted.get(name) for name in LASTING):
        return None
    left_s = int(found["lease_expires_at"]) - int(now.timestamp())
    if left_s < int(wanted["lease_seconds"]) / 2:
        return None
    return Registration(service=service, row=found, written_here=False)


def refuse_fenced(
    registry: InstanceRegistry, instance_id: str, registration_id: str, boot: BootIdentity, now: int
) -> None:
    """Raise Fenced if another live registration holds the row: as `put` would, but before it.

    For what must not be done first and refused afterwards, such as taking a container away that
    serves for the other one.
    """
    held = registry.row(instance_id)
    if held is None or may_give_way(held, registration_id, boot, now):
        return
    raise Fenced(
        "registration_fenced",
        f"wanted to replace the container of {instance_id}, found its row held by registration"
        f" {held.get('registration_id')} until {held.get('lease_expires_at')}",
        hint="is a second agent running with another state directory? its lease must end first",
        held_by=held.get("registration_id"),
        held_status=held.get("status"),
    )


def may_give_way(held: Row, registration_id: str, boot: BootIdentity, now: int) -> bool:
    """Return whether a row gives way to a registration of ours: the condition of `put`.

    The table's word counts in the end; `tests/contract` compares the two.
    """
    booted_at, lease = held.get("booted_at"), held.get("lease_expires_at")
    is_older_boot = (
        held.get("boot_id") != boot.boot_id
        and isinstance(booted_at, int)
        and booted_at < boot.booted_at
    )
    return (
        "registration_id" not in held
        or held["registration_id"] == registration_id
        or is_older_boot
        or held.get("status") == "terminated"
        or (isinstance(lease, int | float) and lease < now)
    )


def ensure_registered(
    registry: InstanceRegistry,
    service: HealthyService,
    make_row: Callable[[HealthyService], Row],
    now: Callable[[], datetime],
) -> Registration:
    """Write the row, unless it already says so under our fence.

    The row is made last, so that its times and load are of the moment of the write. Raises Fenced
    if another live registration holds the instance.
    """
    wanted = make_row(service)
    if found := inspect_registration(registry, service, wanted, now()):
        return found
    registry.put(wanted, now=int(now().timestamp()))
    return Registration(service=service, row=wanted, written_here=True)
