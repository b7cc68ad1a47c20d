"""The configuration of a machine that has none: every default, and nothing that has no default."""

from __future__ import annotations

from ladybug_agent.config import Config, ContainerConfig, InstanceConfig, RegistryConfig
from ladybug_agent.config.data import DataConfig

NOTHING = "none"


def bare_config() -> Config:
    return Config(
        schema=1,
        instance=InstanceConfig(environment=NOTHING),
        data=DataConfig(),
        container=ContainerConfig(image=NOTHING),
        registry=RegistryConfig(table=NOTHING),
    )
