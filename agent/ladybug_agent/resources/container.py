"""The Graph API container: running, restricted, and bound to the verified mount."""

from __future__ import annotations

from dataclasses import dataclass

from ladybug_agent.errors import Refused
from ladybug_agent.model.containers import ContainerSpec
from ladybug_agent.ports.containers import ContainerEngine
from ladybug_agent.resources.container_rules import SPEC_LABEL, refuse_foreign, refuse_unrestricted
from ladybug_agent.resources.servable import ServableSnapshot

LOG_LINES = 20
STOP_GRACE_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningContainer:
    """Evidence: the container runs by our specification, over this snapshot and this image."""

    servable: ServableSnapshot
    spec: ContainerSpec
    container_id: str
    started_here: bool
    """This run started it; otherwise it was already running when we came."""


def inspect_container(
    engine: ContainerEngine, servable: ServableSnapshot, spec: ContainerSpec
) -> RunningContainer | None:
    """Return the container, or None if it is absent, stopped, or of another specification.

    Raises Refused if the name is taken by a container that the agent did not make, or if the one
    it made is less restricted than it was made.
    """
    found = engine.container(spec.name)
    if found is None:
        return None
    refuse_foreign(found)
    if found.status != "running" or found.labels[SPEC_LABEL] != spec.labels[SPEC_LABEL]:
        return None
    refuse_unrestricted(found, user=spec.user, data=spec.data)
    return RunningContainer(
        servable=servable, spec=spec, container_id=found.container_id, started_here=False
    )


def is_in_the_way(engine: ContainerEngine, servable: ServableSnapshot, spec: ContainerSpec) -> bool:
    """Return whether `ensure_running` would take away a container of the agent's that runs."""
    if inspect_container(engine, servable, spec):
        return False
    found = engine.container(spec.name)
    return found is not None and found.status == "running"


def ensure_running(
    engine: ContainerEngine, servable: ServableSnapshot, spec: ContainerSpec
) -> RunningContainer:
    """Start the container, unless it runs by this very specification.

    One of the agent's that is stopped, or made for another image, mount or configuration, is
    removed first. Blocks for a few seconds at most; whether it serves is `await_healthy`'s matter.
    """
    if found := inspect_container(engine, servable, spec):
        return found
    if obsolete := engine.container(spec.name):
        engine.remove(obsolete.container_id)
    container_id = engine.run(spec)
    return RunningContainer(
        servable=servable, spec=spec, container_id=container_id, started_here=True
    )


def refuse_ended(engine: ContainerEngine, container: RunningContainer) -> None:
    """Raise Refused, with its last words, if the container no longer runs."""
    found = engine.container(container.spec.name)
    if found is None or found.container_id != container.container_id:
        raise Refused(
            "container_replaced",
            f"the container {container.spec.name} was removed or replaced by someone else",
            hint="nothing but the agent may start it: look for a cron job or a unit that does",
        )
    if found.status == "running":
        return
    lines = engine.logs(container.container_id, lines=LOG_LINES)
    if found.status != "exited":
        raise Refused(
            "container_exited",
            f"the container is {found.status}",
            hint=f"who did that? `docker inspect {container.spec.name}`; nothing but the agent may",
        )
    killed = ", killed for using too much memory" if found.oom_killed else ""
    raise Refused(
        "container_exited",
        f"the container ended with exit code {found.exit_code}{killed}; its last words:"
        f" {' / '.join(lines) or 'none'}",
        hint=f"all of its log: `docker logs {container.spec.name}`",
        exit_code=found.exit_code,
        oom_killed=found.oom_killed,
    )


def stop_unproven(engine: ContainerEngine, container: RunningContainer) -> None:
    """Stop a container that this boot started and could not register; leave it for inspection."""
    engine.stop(container.container_id, grace_s=STOP_GRACE_S)
