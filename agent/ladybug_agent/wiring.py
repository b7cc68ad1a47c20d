"""The only place that builds adapters.

Imports stand in the functions: a verb pays only for the libraries that it needs, and the AWS ones
are the heaviest.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ladybug_agent.clock import Clock
from ladybug_agent.config import Config
from ladybug_agent.ports import Orchestrator, World
from ladybug_agent.ports.containers import ContainerEngine
from ladybug_agent.ports.hydration import MapStore
from ladybug_agent.survey import LocalWorld

if TYPE_CHECKING:
    from ladybug_agent.adapters.aws import AwsClients
    from ladybug_agent.adapters.instance_metadata import ImdsMetadata
    from ladybug_agent.verify.device import DeviceWorld
    from ladybug_agent.verify.verb import VerifyWorld


def build_local_world(config: Config, clock: Clock) -> LocalWorld:
    """Build what can be seen without AWS."""
    from ladybug_agent.adapters.http import ServiceHttp
    from ladybug_agent.adapters.mounts import SystemMounts

    return LocalWorld(
        mounts=SystemMounts(),
        engine=_engine(config),
        http=ServiceHttp(clock),
    )


def build_verify_world() -> VerifyWorld:
    """Build what `verify` needs: little for a directory, more for a device or an image."""
    from ladybug_agent.adapters.machine import ProcMachine
    from ladybug_agent.verify.verb import VerifyWorld

    machine = ProcMachine()
    return VerifyWorld(
        device=_device_world,
        engine=_engine,
        memory_total_bytes=machine.memory_total_bytes(),
        is_root=machine.is_root(),
    )


def _device_world() -> DeviceWorld:
    from ladybug_agent.adapters.block_devices import KernelBlockDevices
    from ladybug_agent.adapters.kernel_log import KmsgKernelLog
    from ladybug_agent.adapters.mounts import SystemMounts
    from ladybug_agent.verify.device import DeviceWorld

    return DeviceWorld(
        block_devices=KernelBlockDevices(), mounts=SystemMounts(), kernel_log=KmsgKernelLog()
    )


def _engine(config: Config) -> ContainerEngine:
    from ladybug_agent.adapters.docker_engine import DockerEngine

    return DockerEngine(config.container.docker_host)


def build_world(config: Config, clock: Clock) -> World:
    """Build everything that the boot touches. Asks nobody anything yet."""
    from ladybug_agent.adapters.aws import AwsClients
    from ladybug_agent.adapters.block_devices import KernelBlockDevices
    from ladybug_agent.adapters.dynamodb import BotoDynamoDb
    from ladybug_agent.adapters.ec2 import BotoEc2
    from ladybug_agent.adapters.ecr import BotoEcr
    from ladybug_agent.adapters.file_layout import FiemapLayout
    from ladybug_agent.adapters.imds import Imds
    from ladybug_agent.adapters.instance_metadata import ImdsMetadata
    from ladybug_agent.adapters.instance_table import InstanceTable
    from ladybug_agent.adapters.kernel_log import KmsgKernelLog
    from ladybug_agent.adapters.machine import ProcMachine
    from ladybug_agent.adapters.page_cache import KernelPageCache

    metadata = ImdsMetadata(Imds(), clock)
    clients = AwsClients(config.aws, metadata.credentials, metadata.region)
    local = build_local_world(config, clock)
    return World(
        metadata=metadata,
        ec2=BotoEc2(clients),
        image_registry=BotoEcr(clients),
        block_devices=KernelBlockDevices(),
        mounts=local.mounts,
        kernel_log=KmsgKernelLog(),
        engine=local.engine,
        http=local.http,
        instance_registry=InstanceTable(BotoDynamoDb(clients), config.registry.table),
        machine=ProcMachine(),
        layout=FiemapLayout(),
        page_cache=KernelPageCache(),
        maps=_map_store(config, clients),
        orchestrators=_orchestrators(config, clients, metadata),
    )


def _map_store(config: Config, clients: AwsClients) -> MapStore | None:
    from urllib.parse import urlsplit

    from ladybug_agent.adapters.map_directory import DirectoryMapStore
    from ladybug_agent.adapters.s3 import S3MapStore
    from ladybug_agent.resources.hydration.map_codec import MOST_BYTES

    rules = config.hydration
    if not rules.maps:
        return None
    place = urlsplit(rules.maps)
    if place.scheme != "s3":
        return DirectoryMapStore(Path(rules.maps), most_bytes=MOST_BYTES)
    return S3MapStore(
        clients,
        place.netloc,
        place.path.strip("/"),
        owner=rules.maps_owner,
        most_bytes=MOST_BYTES,
    )


def _orchestrators(
    config: Config, clients: AwsClients, metadata: ImdsMetadata
) -> tuple[Orchestrator, ...]:
    from ladybug_agent.adapters.signals import Console, LaunchHook, StackSignal

    signals = config.signals
    told: list[Orchestrator] = []
    if signals.console:
        told.append(Console(Path(signals.console)))
    if resource := signals.logical_resource_id:
        told.append(StackSignal(clients, signals.stack_name, resource, metadata.instance_id))
    if hook := signals.launch_hook:
        group = signals.auto_scaling_group
        told.append(LaunchHook(clients, group, hook, metadata.instance_id))
    return tuple(told)
