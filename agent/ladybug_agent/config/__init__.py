"""The configuration: what each key means, its default and its limits.

One TOML file, `schema = 1`. The field metadata below is the single source of the reference in
`docs/configuration.md`, of the JSON Schema and of the range checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ladybug_agent.config.data import DataConfig
from ladybug_agent.config.drain import DrainConfig
from ladybug_agent.config.health import AlertsConfig, HealthConfig, MetricsConfig
from ladybug_agent.config.hydration import HydrationConfig
from ladybug_agent.config.key import NAME, key

SCHEMA_VERSION = 1
OWNED_VARIABLES = frozenset(
    {
        "LBUG_DATABASE_PATH",
        "LBUG_NODE_TYPE",
        "LBUG_PORT",
        "LBUG_READ_ONLY",
        "LBUG_ROLE",
        "DOCKER_PROFILE",
    }
)
"""Variables of the container that follow from other keys, or that make it a read-only replica."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceConfig:
    environment: str = key("deployment environment, such as `prod`", pattern=NAME)
    cluster_tier: str = key("tier in the registry row", default="ladybug-shared", pattern=NAME)
    cluster_group: str = key(
        "group in the registry row; empty means `<region>-shared-replicas`", default=""
    )
    boot_timeout_s: float = key(
        "time for the whole boot; keep it below the launch hook's heartbeat timeout",
        default=900.0,
        least=1,
        most=7200,
    )
    state_dir: str = key(
        "records and locks; lost at reboot by design", default="/run/ladybug-agent"
    )
    boots_dir: str = key(
        "records of the last 20 boots, for `timeline` and `diagnose`; they outlive a reboot; empty"
        " keeps none",
        default="/var/lib/ladybug-agent/boots",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerConfig:
    image: str = key(
        "image in ECR, by digest (`repository@sha256:…`) or by tag, which is resolved and recorded"
    )
    name: str = key("container name", default="graph-api-shared", pattern=NAME)
    port: int = key("port of the Graph API", default=8001, least=1, most=65535)
    bind_address: str = key("address of the host that the port is published on", default="0.0.0.0")  # noqa: S104 - the load balancer must reach it
    docker_profile: str = key("`DOCKER_PROFILE`", default="ladybug-shared-replica")
    uid: int = key("user and group id in the container", default=1000, least=1)
    memory_bytes: int = key("memory limit; 0 derives it from the machine", default=0, least=0)
    pids_limit: int = key("most processes and threads", default=4096, least=16)
    log_driver: Literal["local", "journald", "json-file"] = key(
        "Docker log driver; never a remote one, which can block the start", default="local"
    )
    storage_versions: str = key(
        "storage versions the image reads, such as `40-49`, if it has no label that says so",
        default="",
        pattern=r"(\d+(-\d+)?)?",
    )
    environment: dict[str, str] = key("extra variables for the container", default={})
    docker_host: str = key("Docker engine", default="unix:///var/run/docker.sock")
    engine_timeout_s: float = key(
        "time for a Docker engine that is still starting to answer",
        default=60.0,
        least=1,
        most=3600,
    )
    python: str = key(
        "Python in the image that has the engine; `data.open_check` runs it", default="python3"
    )
    pull_timeout_s: float = key("time for the image pull", default=600.0, least=1, most=7200)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryConfig:
    table: str = key("DynamoDB table of the instance registry", pattern=r"[A-Za-z0-9_.-]{3,255}")
    graph_table: str = key(
        "DynamoDB table of the graph registry, of which `register` claims rows for the shared"
        " master; no other verb touches it",
        default="",
        pattern=r"([A-Za-z0-9_.-]{3,255})?",
    )
    lease_s: int = key("how long a registration counts without a heartbeat", default=150, least=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalsConfig:
    stack_name: str = key("CloudFormation stack to signal, and the row's `stack_name`", default="")
    logical_resource_id: str = key("resource in that stack; empty sends no signal", default="")
    auto_scaling_group: str = key(
        "group of the lifecycle hooks, `launch_hook` and `drain.termination_hook`", default=""
    )
    launch_hook: str = key("launch lifecycle hook to complete; empty completes none", default="")
    hook_heartbeat_s: float = key(
        "how often a long boot or drain gives its lifecycle hook more time; keep it below a third"
        " of the hook's heartbeat timeout",
        default=60.0,
        least=5,
        most=3600,
    )
    console: str = key(
        "device or file that a failure's reason is written to, because neither CloudFormation nor"
        " Auto Scaling has a field for one; empty writes none",
        default="/dev/console",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggingConfig:
    level: Literal["debug", "info", "warning", "error"] = key("least level", default="info")
    format: Literal["auto", "json", "text"] = key(
        "`auto` is text on a terminal, else JSON", default="auto"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsConfig:
    region: str = key("region; empty takes the instance's own", default="")
    connect_timeout_s: float = key("for one connection to AWS", default=2.0, least=0.1, most=60)
    read_timeout_s: float = key("for one answer from AWS", default=10.0, least=0.1, most=60)
    max_attempts: int = key(
        "tries of one call, the first included (botocore `standard` mode)",
        default=6,
        least=1,
        most=20,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    schema: Literal[1] = key("version of this file's format")
    instance: InstanceConfig = key("who the instance is, and the boot as a whole")
    data: DataConfig = key("the data volume and what must be on it")
    container: ContainerConfig = key("the Graph API container")
    registry: RegistryConfig = key("the instance registry")
    health: HealthConfig = key("when the service counts as healthy", default=HealthConfig())
    hydration: HydrationConfig = key(
        "loading a volume that is still in S3", default=HydrationConfig()
    )
    metrics: MetricsConfig = key("what each health check measures", default=MetricsConfig())
    alerts: AlertsConfig = key("who is told of a replica gone bad", default=AlertsConfig())
    drain: DrainConfig = key("leaving, and what makes a replica leave", default=DrainConfig())
    signals: SignalsConfig = key("who waits for the outcome of the boot", default=SignalsConfig())
    logging: LoggingConfig = key("the log on standard error", default=LoggingConfig())
    aws: AwsConfig = key("calls to AWS", default=AwsConfig())
