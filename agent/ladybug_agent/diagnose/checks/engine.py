"""Does the container engine answer?"""

from __future__ import annotations

from ladybug_agent.diagnose import sights
from ladybug_agent.diagnose.check import Check, Found
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.errors import ExternalFailure


def _socket(scene: Scene) -> Found:
    where = scene.config.container.docker_host
    try:
        sights.container(scene)
    except ExternalFailure as error:
        if isinstance(error.__cause__, PermissionError) and not scene.world.machine.is_root():
            return Found(message=f"may not use {where}: run it as root", is_asked=False)
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
