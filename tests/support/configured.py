"""A configuration for tests of adapters, which look at little of it."""

from __future__ import annotations

from contract.support.aws import TABLE
from ladybug_agent.config import Config, ContainerConfig, InstanceConfig, RegistryConfig
from ladybug_agent.config.data import DataConfig


def a_plain_config() -> Config:
    return Config(
        schema=1,
        instance=InstanceConfig(environment="test"),
        data=DataConfig(databases=("sec",)),
        container=ContainerConfig(image="127.0.0.1:5000/graph-api:1.0"),
        registry=RegistryConfig(table=TABLE),
    )
