"""What several checks look at: each thing once, whoever asks first."""

from __future__ import annotations

from pathlib import Path

from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.errors import AgentError
from ladybug_agent.health.state import CorruptStateError, HealthState, read_state
from ladybug_agent.model import InstanceIdentity, KernelLine
from ladybug_agent.model.containers import ContainerFacts
from ladybug_agent.record import read_record
from ladybug_agent.resources.service_answers import service_url
from ladybug_agent.served import Served, read_served
from ladybug_agent.state import StateDirectory


def state_path(scene: Scene) -> Path:
    return Path(scene.config.instance.state_dir)


def state_of(scene: Scene) -> StateDirectory:
    return StateDirectory(state_path(scene))


def boot_id(scene: Scene) -> str:
    return scene.sights.once("boot_id", lambda: scene.world.machine.boot().boot_id)


def served_record(scene: Scene) -> Served | None:
    """Return what this boot of the machine left serving; None if nothing yet.

    Raises ExternalFailure if the record cannot be read.
    """

    def look() -> Served | None:
        found = read_served(state_of(scene).served)
        return found if found and found.boot_id == boot_id(scene) else None

    return scene.sights.once("served", look)


def served(scene: Scene) -> Served | None:
    """Likewise, and None for a record that cannot be read: `container.running` tells of that."""
    try:
        return served_record(scene)
    except AgentError:
        return None


def is_unconfigured(scene: Scene) -> bool:
    """Whether nobody knows what should be here: no configuration, and nothing left serving."""
    return scene.config_error is not None and served(scene) is None


def health_state(scene: Scene) -> HealthState | None:
    """Return what the last health check left, if it is of this registration."""

    def look() -> HealthState | None:
        known = served(scene)
        try:
            state = read_state(state_of(scene).health)
        except CorruptStateError:  # the next check sets it aside and begins anew
            return None
        is_ours = state and known and state.registration_id == known.registration_id
        return state if is_ours else None

    return scene.sights.once("health_state", look)


def identity(scene: Scene) -> InstanceIdentity:
    """Return who the instance is, by its metadata. Raises what metadata raises."""
    return scene.sights.once("identity", scene.world.metadata.identity)


def identity_seen(scene: Scene) -> InstanceIdentity | None:
    """Likewise, if a check has seen it: asks nobody."""
    found = scene.sights.seen("identity")
    return found if isinstance(found, InstanceIdentity) else None


def container_name(scene: Scene) -> str:
    known = served(scene)
    return known.container_name if known else scene.config.container.name


def container(scene: Scene) -> ContainerFacts | None:
    """Return the container as the engine reports it. Raises ExternalFailure if it does not."""
    return scene.sights.once(
        "container", lambda: scene.world.containers.container(container_name(scene))
    )


def service_base(scene: Scene) -> str:
    known, rules = served(scene), scene.config.container
    if known is not None:
        return service_url(known.bind_address, known.port)
    return service_url(rules.bind_address, rules.port)


def volume_id(scene: Scene) -> str:
    """Return the data volume, as served or as the last boot found it; empty if nobody knows."""
    known = served(scene)
    if known is not None:
        return known.volume.volume_id if known.volume else ""
    return scene.sights.once("volume_id", lambda: _volume_of_the_boot(state_of(scene).record))


def _volume_of_the_boot(path: Path) -> str:
    try:
        steps = (read_record(path) or {}).get("steps", ())
        return next(
            (str(one["facts"]["volume_id"]) for one in steps if "volume_id" in one["facts"]), ""
        )
    except (OSError, ValueError, KeyError, TypeError):  # `boot.outcome` tells of that
        return ""


def data_node(scene: Scene) -> str:
    """Return the node of the data volume's disk; empty where there is none, or nobody knows it."""
    known = served(scene)
    if known is not None:
        return known.volume.node if known.volume else ""
    entry = scene.world.mounts.at(Path(scene.config.data.mount_point))
    return entry.source if entry else ""


def kernel_past(scene: Scene) -> tuple[tuple[KernelLine, ...], str]:
    """Return the kernel's log, and why it cannot be read if it cannot."""

    def look() -> tuple[tuple[KernelLine, ...], str]:
        try:
            return scene.world.kernel_log.lines(), ""
        except OSError as error:
            return (), f"the kernel's log cannot be read: {error.strerror}"

    return scene.sights.once("kernel_log", look)


def databases(scene: Scene) -> tuple[str, ...]:
    known = served(scene)
    return known.databases if known else scene.config.data.databases
