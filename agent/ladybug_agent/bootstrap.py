"""The boot, top to bottom: from "instance just started" to "replica registered".

Each step returns evidence, and the next step takes it: the types hold the order.
"""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

from ladybug_agent.announce import announce_success
from ladybug_agent.boot import Boot
from ladybug_agent.boot_hydration import BootHydration
from ladybug_agent.branches import run_both, run_watched
from ladybug_agent.data_branch import confirm_data, device_number, prepare_data
from ladybug_agent.drain.phase import refuse_while_draining
from ladybug_agent.engine_steps import check_served, recover_data
from ladybug_agent.left_serving import leave_serving, state_of
from ladybug_agent.resources.container import RunningContainer, ensure_running, is_in_the_way
from ladybug_agent.resources.container_spec import container_spec
from ladybug_agent.resources.engine_start import await_engine
from ladybug_agent.resources.hydration.readiness import ReadyService
from ladybug_agent.resources.identity import await_identity
from ladybug_agent.resources.image import PulledImage, ensure_image, parse_image_reference
from ladybug_agent.resources.registration import Registration, ensure_registered, refuse_fenced
from ladybug_agent.resources.registry_row import registry_row
from ladybug_agent.resources.servable import ServableSnapshot, ServedData, judge_servable
from ladybug_agent.resources.service import HealthyService, await_healthy
from ladybug_agent.retreat import (
    is_about_us,
    is_against_the_replica,
    report_failure,
    stop_container,
    withdrawal,
)

WRITE_ENDS_S = 2.0


def bootstrap(boot: Boot) -> Registration:
    """Bring the replica up and register it; say so, or say why not, to everyone who waits.

    Blocks for at most `instance.boot_timeout_s` and what one call to AWS takes. Running it again
    changes nothing that is already true. On failure no row of ours says healthy unless a replica
    serves, and a container that this run started is stopped and left for inspection.
    """
    with ExitStack() as held, ExitStack() as unproven:
        try:
            registration = _register(boot, held, unproven)
        except BaseException as error:  # told to who waits, and raised again
            report_failure(boot, error)
            raise
        unproven.pop_all()
    with boot.record.step("signal") as step:
        told = announce_success(boot.world.orchestrators, str(registration.row["instance_id"]))
        step.note(**{outcome.target: outcome.verdict for outcome in told})
    return registration


def _register(boot: Boot, held: ExitStack, unproven: ExitStack) -> Registration:
    with boot.record.step("identity") as step:
        instance = await_identity(boot.world.metadata, boot.deadline)
        step.note(instance_id=instance.instance_id, region=instance.region)
    boot.record.note(instance_id=instance.instance_id)
    # A rerun may find a row of its own that says healthy, and then find that it is not.
    unproven.push(withdrawal(boot, instance, partial(is_against_the_replica, boot)))
    hydration = BootHydration(boot)
    held.callback(hydration.leave)
    # The image first: the pull is the longer branch, and the libraries of both compete for one
    # interpreter until its first byte is asked for.
    image, found = run_both(
        lambda: _prepare_image(boot),
        lambda: prepare_data(boot, instance, held, hydration.begin),
        names=("image", "data"),
        deadline=boot.deadline,
    )
    data = recover_data(boot, found, image, hydration)
    servable = _judge_servable(boot, data, image)
    container = start_container(boot, servable)
    if container.started_here:
        unproven.pop_all()  # from here on the row must go whatever the failure says
        unproven.callback(stop_container, boot, container)
        unproven.push(withdrawal(boot, instance, is_about_us))
    ready = hydration.await_ready(_await_service(boot, container))
    confirm_data(boot, data)
    return _write_registration(boot, ready)


def _prepare_image(boot: Boot) -> PulledImage:
    rules, world = boot.config.container, boot.world
    with boot.record.step("pull_image") as step:
        soon = boot.deadline.capped(rules.engine_timeout_s)
        await_engine(world.engine, rules.name, soon)
        image = ensure_image(
            world.engine,
            parse_image_reference(rules.image),
            world.image_registry.login,
            lambda count: step.note(downloaded_bytes=count),
            boot.deadline.capped(rules.pull_timeout_s),
        )
        step.note(image=image.configured, digest=image.digest)
    return image


def _judge_servable(boot: Boot, data: ServedData, image: PulledImage) -> ServableSnapshot:
    with boot.record.step("open_databases") as step:
        servable = judge_servable(data, image, boot.config.container.storage_versions)
        step.note(version_check=servable.version_check)
        opened = check_served(boot, servable)
        step.note(engine=opened.engine if opened else "not asked")
    return servable


def start_container(boot: Boot, servable: ServableSnapshot) -> RunningContainer:
    """Start the container, unless it runs by its specification, as a step of the boot.

    One that serves for another registration is not taken away from it: Fenced.
    """
    with boot.record.step("start_container") as step:
        memory = boot.world.machine.memory_total_bytes()
        spec = container_spec(servable, boot.config, memory)
        boot.deadline.check("the container's start")
        if is_in_the_way(boot.world.engine, servable, spec):
            _refuse_fenced(boot, servable)
        container = ensure_running(boot.world.engine, servable, spec)
        step.note(container_id=container.container_id, started_here=container.started_here)
    return container


def _refuse_fenced(boot: Boot, servable: ServableSnapshot) -> None:
    instance_id, fence = servable.data.instance.instance_id, boot.fence
    now = int(boot.deadline.clock.utcnow().timestamp())
    run_watched(
        lambda: refuse_fenced(
            boot.world.instance_registry, instance_id, fence.registration_id, fence.boot, now
        ),
        "the registry to say whose the running container is",
        boot.deadline,
    )


def _await_service(boot: Boot, container: RunningContainer) -> HealthyService:
    rules, world = boot.config.health, boot.world
    limit = boot.deadline.capped(rules.wait_timeout_s)
    with boot.record.step("await_healthy") as step:
        service = await_healthy(world.http, world.engine, container, rules, limit)
        step.note(database_count=service.database_count)
    return service


def _write_registration(boot: Boot, ready: ReadyService) -> Registration:
    world = boot.world
    data = ready.service.container.servable.data
    utcnow = boot.deadline.clock.utcnow
    with boot.record.step("register") as step:
        refuse_while_draining(state_of(boot), boot.fence.boot.boot_id)
        boot.deadline.check("the registration")
        # In a thread of its own: botocore's tries know neither the deadline nor SIGTERM. A write
        # that is under way may end: one that arrived after the withdrawal would stand for a lease.
        registration = run_watched(
            lambda: ensure_registered(
                world.instance_registry,
                ready,
                lambda ready: registry_row(
                    ready,
                    boot.fence,
                    boot.config,
                    world.machine.load(device_number(data)),
                    utcnow(),
                ),
                utcnow,
            ),
            "the registry to take the registration",
            boot.deadline,
            grace_s=WRITE_ENDS_S,
        )
        leave_serving(boot, ready.service.container, registration.row)
        step.note(table=boot.config.registry.table, written=registration.written_here)
    return registration
