"""One run of `refresh` as a process: locks, record, and the order of what is done."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from ladybug_agent.boot import Boot
from ladybug_agent.clock import Deadline
from ladybug_agent.config import Config
from ladybug_agent.data_branch import device_number
from ladybug_agent.drain.phase import drain_in_effect, refuse_while_draining
from ladybug_agent.errors import AgentError, Busy, Cancelled, ConfigError, Fenced
from ladybug_agent.hydrate.reported import ready_as_reported
from ladybug_agent.left_serving import leave_serving, state_of
from ladybug_agent.logs import log_step
from ladybug_agent.ports import World
from ladybug_agent.record import BootRecord
from ladybug_agent.refresh.current import (
    as_evidence,
    previous_container,
    refuse_unhealthy,
    served_now,
)
from ladybug_agent.refresh.outcome import SCHEMA, Refreshed, ended
from ladybug_agent.refresh.prepare import prepare
from ladybug_agent.refresh.swap import (
    announce_swap,
    forget,
    go_back,
    keep_ticks_out,
    set_aside,
    start_new,
)
from ladybug_agent.resources.container import inspect_container
from ladybug_agent.resources.container_spec import container_spec
from ladybug_agent.resources.identity import await_identity
from ladybug_agent.resources.image import parse_image_reference
from ladybug_agent.resources.registration import ensure_registered
from ladybug_agent.resources.registry_row import Fence, registry_row
from ladybug_agent.resources.service import HealthyService
from ladybug_agent.served import Served
from ladybug_agent.state import StateDirectory

log = structlog.get_logger(__name__)

NOT_NOW = frozenset(
    {
        "health_check_already_running",
        "instance_draining",
        "instance_terminating",
        "replica_not_booted",
        "replica_not_healthy",
    }
)
"""Codes that mean `deferred`: nothing is wrong with what was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    image: str = ""
    """A reference in place of the configured one; empty takes that."""
    force: bool = False


def run_refresh(config: Config, world: World, wish: Wish, deadline: Deadline) -> Refreshed:
    """Bring the replica to the wished image and the configured specification, or leave it be.

    Blocks to the deadline, and after a failed swap for `health.wait_timeout_s` more. Raises Fenced
    if another registration holds the row.
    """
    if not world.machine.is_root():
        raise ConfigError("not_root", "a refresh needs root", hint="run it with sudo")
    state = StateDirectory(Path(config.instance.state_dir))
    if wish.image:
        config = replace(config, container=replace(config.container, image=wish.image))
    parse_image_reference(config.container.image)
    with ExitStack() as held:
        try:
            held.enter_context(state.locked_for_refresh())
            held.enter_context(state.locked())
        except Busy as busy:
            return _told(ended("deferred", busy))
        boot = _boot(config, world, state, deadline)
        began = deadline.clock.monotonic()
        try:
            refreshed = _refresh(boot, wish, held)
        except Fenced:
            raise
        except AgentError as error:
            refreshed = ended("deferred" if error.code in NOT_NOW else "failed", error)
        took = round(deadline.clock.monotonic() - began, 3)
        refreshed = replace(refreshed, total_s=took)
        boot.record.note(result=refreshed.result)
        boot.record.finish(None)
    return _told(refreshed)


def _boot(config: Config, world: World, state: StateDirectory, deadline: Deadline) -> Boot:
    fence = Fence(registration_id=state.registration_id(), boot=world.machine.boot())
    record = BootRecord(
        state.refresh, deadline.clock, log_step, schema=SCHEMA, boot_id=fence.boot.boot_id
    )
    return Boot(config=config, world=world, record=record, fence=fence, deadline=deadline)


def _told(refreshed: Refreshed) -> Refreshed:
    write = log.info if refreshed.result in {"updated", "no-op", "deferred"} else log.error
    write("refresh_finished", **{k: v for k, v in refreshed.document().items() if v})
    return refreshed


def _refresh(boot: Boot, wish: Wish, held: ExitStack) -> Refreshed:
    served = served_now(boot)
    if not wish.force:
        refuse_unhealthy(boot, served)
    instance = await_identity(boot.world.metadata, boot.deadline)
    servable = prepare(boot, instance, held)
    result = Refreshed(
        result="updated", from_digest=served.image_digest, to_digest=servable.image.digest
    )
    spec = container_spec(servable, boot.config, boot.world.machine.memory_total_bytes())
    same = inspect_container(boot.world.engine, servable, spec)
    if same is not None and not wish.force:
        return replace(result, result="no-op", container_id=same.container_id)
    old = previous_container(boot, served)
    previous = as_evidence(boot, served, servable.data, old) if old else None
    boot.deadline.check("the swap")
    keep_ticks_out(boot, held)
    announce_swap(boot, instance.instance_id, force=wish.force)
    try:
        set_aside(boot, old, spec.name)
        service = start_new(boot, servable, spec)
    except AgentError as error:
        if previous is None or _is_leaving(boot):
            raise
        return _rolled_back(boot, served, go_back(boot, previous), error)
    told = _register(boot, service)
    forget(boot, f"{spec.name}-previous")
    container_id = service.container.container_id
    return replace(result, container_id=container_id, is_told=told)


def _is_leaving(boot: Boot) -> bool:
    return drain_in_effect(state_of(boot), boot.fence.boot.boot_id) is not None


def _rolled_back(
    boot: Boot, served: Served, service: HealthyService, error: AgentError
) -> Refreshed:
    told = _register(boot, service)
    digest, container_id = served.image_digest, service.container.container_id
    return ended("rolled-back", error, to_digest=digest, container_id=container_id, is_told=told)


def _register(boot: Boot, service: HealthyService) -> bool:
    """Say who serves now; return whether it could be said. The next health check tells the rest."""
    world, utcnow = boot.world, boot.deadline.clock.utcnow
    number = device_number(service.container.servable.data)
    refuse_while_draining(state_of(boot), boot.fence.boot.boot_id)

    ready = ready_as_reported(service, Path(boot.config.instance.state_dir))
    row = registry_row(ready, boot.fence, boot.config, world.machine.load(number), utcnow())
    leave_serving(boot, service.container, row)
    try:
        with boot.record.step("register"):
            ensure_registered(world.instance_registry, ready, lambda _: row, utcnow)
    except (Fenced, Cancelled):
        raise
    except AgentError as error:
        log.warning("row_not_written", code=error.code)
        return False
    return True
