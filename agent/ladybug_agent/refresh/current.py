"""Whether the replica may be refreshed now, and what serves before."""

from __future__ import annotations

from dataclasses import replace

from ladybug_agent.boot import Boot
from ladybug_agent.drain.phase import drain_in_effect
from ladybug_agent.errors import AgentError, Refused
from ladybug_agent.left_serving import state_of
from ladybug_agent.model.containers import ContainerFacts
from ladybug_agent.resources.container import RunningContainer
from ladybug_agent.resources.container_rules import SPEC_LABEL
from ladybug_agent.resources.container_spec import container_spec
from ladybug_agent.resources.image import STORAGE_VERSIONS_LABEL, PulledImage
from ladybug_agent.resources.servable import ServableSnapshot, ServedData
from ladybug_agent.resources.service_answers import judge_health, service_url
from ladybug_agent.served import Served, read_served


def served_now(boot: Boot) -> Served:
    """Return what serves. Raises Refused if the replica leaves, or if no boot has registered."""
    if phase := drain_in_effect(state_of(boot), boot.fence.boot.boot_id):
        raise Refused(
            "instance_draining",
            f"this replica leaves: its drain is in phase `{phase}`",
            hint="wait for its replacement, or undo the drain: `ladybug-agent drain --undo`",
        )
    served = read_served(state_of(boot).served)
    if served is None:
        raise Refused(
            "replica_not_booted",
            "wanted a replica to refresh, found that none has been registered since the machine"
            " started",
            hint="boot it: `ladybug-agent bootstrap` takes the new image, too",
        )
    return served


def refuse_unhealthy(boot: Boot, served: Served) -> None:
    """Raise Refused unless the very container that was left serving answers well now."""
    try:
        _look(boot, served)
    except AgentError as error:
        raise Refused(
            "replica_not_healthy",
            "the replica is not healthy, so a refresh could not tell whose fault it is",
            hint="see `ladybug-agent status`; --force refreshes it all the same",
        ) from error


def _look(boot: Boot, served: Served) -> None:
    found = boot.world.engine.container(served.container_name)
    if found is None or found.container_id != served.container_id or found.status != "running":
        state = f"{found.container_id[:12]}, {found.status}" if found else "none"
        raise Refused(
            "container_replaced",
            f"wanted the container {served.container_id[:12]} running, found {state}",
            hint="nothing but the agent may start it: look for a cron job or a unit that does",
        )
    url = service_url(served.bind_address, served.port) + boot.config.health.path
    judge_health(boot.world.http.get(url), len(served.databases), served.container_name)


def previous_container(boot: Boot, served: Served) -> ContainerFacts | None:
    """Return the container that a failed refresh goes back to: the agent's own, whatever it does.

    One that is somebody else's is not touched: `inspect_container` refuses it.
    """
    found = boot.world.engine.container(served.container_name)
    return found if found is not None and SPEC_LABEL in found.labels else None


def as_evidence(
    boot: Boot, served: Served, data: ServedData, found: ContainerFacts
) -> RunningContainer:
    """Return the evidence of the container that served before, from what the boot left of it."""
    facts = boot.world.engine.image(served.image_id)
    image = PulledImage(
        configured=served.image,
        digest=served.image_digest,
        image_id=served.image_id,
        storage_versions=facts.labels.get(STORAGE_VERSIONS_LABEL, "") if facts else "",
    )
    check = "passed" if served.row.get("version_check") == "passed" else "skipped"
    servable = ServableSnapshot(data=data, image=image, version_check=check)  # type: ignore[arg-type]
    memory = boot.world.machine.memory_total_bytes()
    spec = replace(
        container_spec(servable, boot.config, memory),
        name=served.container_name,
        port=served.port,
        bind_address=served.bind_address,
    )
    return RunningContainer(
        servable=servable, spec=spec, container_id=found.container_id, started_here=True
    )
