"""What `register` reads of the configuration: a node that is no replica has the rest from its own.

The sections that only a replica has may stand in the file; nobody looks at them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ladybug_agent.config import (
    AwsConfig,
    InstanceConfig,
    LoggingConfig,
    RegistryConfig,
    SignalsConfig,
)
from ladybug_agent.config.key import key


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeConfig:
    schema: Literal[1] = key("version of this file's format")
    instance: InstanceConfig = key("who the instance is")
    registry: RegistryConfig = key("the registries")
    signals: SignalsConfig = key("stack and group", default=SignalsConfig())
    logging: LoggingConfig = key("the log on standard error", default=LoggingConfig())
    aws: AwsConfig = key("calls to AWS", default=AwsConfig())
