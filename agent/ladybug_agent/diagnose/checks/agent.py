"""Can the agent's own configuration be used?"""

from __future__ import annotations

from ladybug_agent import __version__
from ladybug_agent.diagnose.check import Check, Found
from ladybug_agent.diagnose.scene import Scene


def _config(scene: Scene) -> Found:
    if scene.config_error is not None:
        raise scene.config_error
    return Found(
        message="the configuration is valid",
        evidence={
            "agent_version": __version__,
            "environment": scene.config.instance.environment,
            "mode": scene.config.data.mode,
        },
    )


CHECKS = (Check(id="agent.config", asks="is the agent's configuration valid?", look=_config),)
