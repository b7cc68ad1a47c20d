"""One look at everything that makes the replica healthy, in the order of cause and effect."""

from __future__ import annotations

from dataclasses import dataclass

from ladybug_agent.clock import Clock
from ladybug_agent.config.health import HealthConfig
from ladybug_agent.health.findings import Check, Look
from ladybug_agent.health.look_mount import (
    has_killed_in,
    look_at_mount,
    look_for_trouble,
    read_kernel_log,
)
from ladybug_agent.health.look_service import look_at_container, look_at_query, look_at_service
from ladybug_agent.ports.tick import TickWorld
from ladybug_agent.served import Served


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What the look before left."""

    kernel_sequence: int
    checks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A look, and what the next one has to know of it."""

    look: Look
    kernel_sequence: int
    oom_killed: bool


def look_around(
    world: TickWorld, served: Served, rules: HealthConfig, clock: Clock, *, after: Before
) -> Seen:
    """Check mount, kernel log, container, service and, when it is due, the query.

    Blocks for at most 9 s: 3 s each for the engine, `/health` and the query. What depends on a
    check that failed is not asked.
    """
    mount = look_at_mount(world, served)
    said = read_kernel_log(world.kernel_log, after.kernel_sequence)
    kernel = look_for_trouble(said, served)
    container, oom_killed = look_at_container(world.containers, served)
    service, latency_ms = _not_asked("service", container), 0.0
    if container.verdict != "fail":
        service, latency_ms = look_at_service(world.service, served, rules, clock)
    query = _not_asked("query", service)
    if service.verdict == "pass":
        query = Check(name="query", verdict="skip", text="not due")
        if after.checks % rules.query_every == 0:
            query = look_at_query(world.service, served, rules)
    checks = (mount, kernel, container, service, query)
    look = Look(checks=checks, latency_ms=latency_ms)
    oom_killed = oom_killed or has_killed_in(said, served.container_id)
    return Seen(look=look, kernel_sequence=said.sequence, oom_killed=oom_killed)


def _not_asked(name: str, cause: Check) -> Check:
    return Check(name=name, verdict="skip", text=f"not asked: {cause.name} {cause.verdict}")
