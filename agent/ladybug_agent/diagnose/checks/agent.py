"""Can the agent's own configuration be used?"""

from __future__ import annotations

from ladybug_agent import __version__
from ladybug_agent.diagnose.check import Check, Found, not_asked
from ladybug_agent.diagnose.scene import Scene


def _config(scene: Scene) -> Found:
    error = scene.config_error
    if error and isinstance(error.__cause__, PermissionError) and not _is_root(scene):
        return not_asked(f"may not read {scene.config_file}: run it as root")
    if error:
        raise error
    return Found(
        message="the configuration is valid",
        evidence={
            "agent_version": __version__,
            "environment": scene.config.instance.environment,
            "mode": scene.config.data.mode,
        },
    )


def _is_root(scene: Scene) -> bool:
    return scene.world.machine.is_root()


CHECKS = (Check(id="agent.config", asks="is the agent's configuration valid?", look=_config),)
