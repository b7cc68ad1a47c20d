"""Does the container engine answer?"""

from __future__ import annotations

from ladybug_agent.diagnose import sights
from ladybug_agent.diagnose.check import Check, Found, not_asked
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.errors import ExternalFailure


def _socket(scene: Scene) -> Found:
    where = scene.config.container.docker_host
    try:
        sights.container(scene)
    except ExternalFailure as error:
        if isinstance(error.__cause__, PermissionError) and not scene.world.machine.is_root():
            return not_asked(f"may not use {where}: run it as root")
        raise
    return Found(message=f"the engine answers at {where}")


CHECKS = (
    Check(
        id="engine.socket",
        asks="does the container engine answer?",
        look=_socket,
        follows=("machine.root_disk", "machine.memory"),
    ),
)
