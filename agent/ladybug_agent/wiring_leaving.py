"""Builds the adapters of what keeps, changes and ends a replica; see `ladybug_agent.wiring`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ladybug_agent.clock import Clock
from ladybug_agent.config import Config
from ladybug_agent.ports.lifecycle import Announcements, LifecycleHook, LoadBalancer, ServiceManager

if TYPE_CHECKING:
    from ladybug_agent.adapters.aws import AwsClients
    from ladybug_agent.adapters.instance_metadata import ImdsMetadata
    from ladybug_agent.drain.run import DrainWorld


def build_drain_world(config: Config, clock: Clock) -> DrainWorld:
    """Build what a drain touches. Asks nobody anything yet."""
    from ladybug_agent.adapters.connections import ProcConnections
    from ladybug_agent.adapters.dynamodb import BotoDynamoDb
    from ladybug_agent.adapters.instance_table import InstanceTable
    from ladybug_agent.adapters.machine import ProcMachine
    from ladybug_agent.adapters.power import SystemdPower, SystemProcesses
    from ladybug_agent.drain.run import DrainWorld
    from ladybug_agent.wiring import build_local_world

    clients, metadata = _aws(config, clock)
    known = partial(_known_instance_id, config, metadata)
    local = build_local_world(config, clock)
    return DrainWorld(
        instance_id=known,
        registry=InstanceTable(BotoDynamoDb(clients, "once"), config.registry.table),
        engine=local.engine,
        mounts=local.mounts,
        machine=ProcMachine(),
        connections=ProcConnections(),
        power=SystemdPower(clock),
        processes=SystemProcesses(),
        balancer=_balancer(config, clients, known),
        hook=_hook(config, config.drain.termination_hook, clients, known),
    )


def build_launch_hook(config: Config, clock: Clock) -> LifecycleHook | None:
    """Build the hook that a long boot keeps waiting."""
    if not config.signals.launch_hook:
        return None
    clients, metadata = _aws(config, clock)
    return _hook(config, config.signals.launch_hook, clients, metadata.instance_id)


def build_announcements(clock: Clock) -> Announcements:
    """Build what hears announcements; lean, because it runs for as long as the instance does."""
    from ladybug_agent.adapters.lean.imds import LeanImds
    from ladybug_agent.adapters.notices import ImdsNotices

    return ImdsNotices(lambda: LeanImds(clock))


def build_service_manager() -> ServiceManager:
    from ladybug_agent.adapters.service_manager import SystemdNotify

    return SystemdNotify.of_environment()


def _aws(config: Config, clock: Clock) -> tuple[AwsClients, ImdsMetadata]:
    from ladybug_agent.adapters.aws import AwsClients
    from ladybug_agent.adapters.imds import Imds
    from ladybug_agent.adapters.instance_metadata import ImdsMetadata

    metadata = ImdsMetadata(Imds(), clock)
    return AwsClients(config.aws, metadata.credentials, metadata.region), metadata


def _known_instance_id(config: Config, metadata: ImdsMetadata) -> str:
    """Return who we are by what the boot left, because metadata may be gone by the end."""
    from ladybug_agent.errors import AgentError
    from ladybug_agent.served import read_served
    from ladybug_agent.state import StateDirectory

    try:
        served = read_served(StateDirectory(Path(config.instance.state_dir)).served)
    except AgentError:
        served = None
    return str(served.row["instance_id"]) if served else metadata.instance_id()


def _balancer(
    config: Config, clients: AwsClients, instance_id: Callable[[], str]
) -> LoadBalancer | None:
    from ladybug_agent.adapters.load_balancer import TargetGroup

    arn = config.drain.target_group_arn
    return TargetGroup(clients, arn, instance_id) if arn else None


def _hook(
    config: Config, hook: str, clients: AwsClients, instance_id: Callable[[], str]
) -> LifecycleHook | None:
    from ladybug_agent.adapters.lifecycle_hook import GroupHook

    group = config.signals.auto_scaling_group
    return GroupHook(clients, group, hook, instance_id) if hook else None
