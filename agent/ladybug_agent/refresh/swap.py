"""The swap of one container for another: both want the same port, so one stops first."""

from __future__ import annotations

from contextlib import ExitStack, suppress

import structlog

from ladybug_agent.boot import Boot
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, ExternalFailure
from ladybug_agent.left_serving import state_of
from ladybug_agent.lock_waits import await_lock
from ladybug_agent.model.containers import ContainerFacts, ContainerSpec
from ladybug_agent.resources.container import RunningContainer
from ladybug_agent.resources.container_rules import SPEC_LABEL
from ladybug_agent.resources.servable import ServableSnapshot
from ladybug_agent.resources.service import HealthyService, await_healthy

log = structlog.get_logger(__name__)

REASON = "refreshing"
TICK_ENDS_S = 30.0


def announce_swap(boot: Boot, instance_id: str, *, force: bool) -> None:
    """Say in the registry that the replica does not serve for a while.

    Raises ExternalFailure if that cannot be said, before anything is touched; forced, it is only
    logged.
    """
    try:
        with boot.record.step("withdraw") as step:
            step.note(
                withdrawn=boot.world.instance_registry.withdraw(
                    instance_id, boot.fence.registration_id, reason_code=REASON
                )
            )
    except AgentError as error:
        if not force:
            raise
        log.warning("row_not_withdrawn", instance_id=instance_id, code=error.code)


def keep_ticks_out(boot: Boot, held: ExitStack) -> None:
    """Let a health check end, and no other begin: it would repair what is being swapped."""
    limit = boot.deadline.capped(TICK_ENDS_S)
    await_lock(held, state_of(boot).locked_for_health, "the health check to end", limit)


def set_aside(boot: Boot, old: ContainerFacts | None, name: str) -> None:
    """Stop the container that serves, and keep it as it is under another name."""
    with boot.record.step("set_aside") as step:
        forget(boot, f"{name}-previous", f"{name}-failed")
        if old is None:
            return
        engine = boot.world.engine
        engine.stop(old.container_id, grace_s=boot.config.drain.stop_grace_s)
        engine.rename(old.container_id, f"{name}-previous")
        step.note(container_id=old.container_id)


def start_new(boot: Boot, servable: ServableSnapshot, spec: ContainerSpec) -> HealthyService:
    """Start the new container and wait until it serves."""
    with boot.record.step("start_container") as step:
        container = RunningContainer(
            servable=servable,
            spec=spec,
            container_id=boot.world.engine.run(spec),
            started_here=True,
        )
        step.note(container_id=container.container_id)
    return await_service(boot, container, boot.deadline)


def go_back(boot: Boot, previous: RunningContainer) -> HealthyService:
    """Start the container that served before, exactly as it was, and wait until it serves.

    What failed is stopped and kept as `<name>-failed`, for people. Has its own time: that of the
    refresh may be used up.
    """
    name, engine = previous.spec.name, boot.world.engine
    with boot.record.step("go_back") as step:
        failed = engine.container(name)
        if failed is not None and failed.container_id != previous.container_id:
            engine.stop(failed.container_id, grace_s=boot.config.drain.stop_grace_s)
            engine.rename(failed.container_id, f"{name}-failed")
        if engine.container(name) is None:
            engine.rename(previous.container_id, name)
        engine.start(previous.container_id)
        step.note(container_id=previous.container_id)
    limit = Deadline.after(boot.config.health.wait_timeout_s, boot.deadline.clock)
    return await_service(boot, previous, limit)


def await_service(boot: Boot, container: RunningContainer, deadline: Deadline) -> HealthyService:
    rules, world = boot.config.health, boot.world
    limit = deadline.capped(rules.wait_timeout_s)
    with boot.record.step("await_healthy") as step:
        service = await_healthy(world.http, world.engine, container, rules, limit)
        step.note(database_count=service.database_count)
    return service


def forget(boot: Boot, *names: str) -> None:
    """Remove what an earlier refresh of ours left under these names."""
    for name in names:
        found = boot.world.engine.container(name)
        if found is not None and SPEC_LABEL in found.labels:
            with suppress(ExternalFailure):  # it is in nobody's way until the next refresh
                boot.world.engine.remove(found.container_id)
