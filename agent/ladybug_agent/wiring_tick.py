"""Builds what a health check needs, of the lean adapters: see `wiring` for all else."""

from __future__ import annotations

from pathlib import Path

from ladybug_agent.adapters.instance_metadata import ImdsMetadata
from ladybug_agent.adapters.instance_table import InstanceTable
from ladybug_agent.adapters.kernel_records import KernelRecords
from ladybug_agent.adapters.lean.aws import LeanAws
from ladybug_agent.adapters.lean.cloud import LeanCloud
from ladybug_agent.adapters.lean.disks import LeanDisks
from ladybug_agent.adapters.lean.docker import LeanDocker
from ladybug_agent.adapters.lean.dynamodb import LeanDynamoDb
from ladybug_agent.adapters.lean.imds import LeanImds
from ladybug_agent.adapters.lean.service import LeanServiceHttp
from ladybug_agent.adapters.machine import ProcMachine
from ladybug_agent.adapters.mount_table import MountTable
from ladybug_agent.clock import Clock
from ladybug_agent.config import Config
from ladybug_agent.errors import Refused
from ladybug_agent.ports.tick import Cloud, TickWorld
from ladybug_agent.served import Served, read_served
from ladybug_agent.state import StateDirectory

MACHINES_MOUNTS = Path("/proc/1/mountinfo")
"""Seen from within a mount namespace of one's own, where every mount has another id."""


def what_serves(state: StateDirectory) -> Served:
    """Return what the boot left serving. Raises Refused if none has since the machine started."""
    served = read_served(state.served)
    if served is None or ProcMachine().boot().boot_id != served.boot_id:
        raise Refused(
            "replica_not_registered",
            "wanted a replica that serves, but no boot has registered one since the machine"
            " started",
            hint="`ladybug-agent status` says how the boot went",
        )
    return served


def build_tick_world(config: Config, served: Served, clock: Clock, *, confined: bool) -> TickWorld:
    """Build all that a health check touches. Asks nobody anything yet."""
    metadata = ImdsMetadata(LeanImds(clock), clock)
    region = config.aws.region or str(served.row["region"])
    aws = LeanAws(metadata.credentials, region, clock)
    return TickWorld(
        containers=LeanDocker(config.container.docker_host, clock),
        service=LeanServiceHttp(clock),
        mounts=MountTable(MACHINES_MOUNTS) if confined else MountTable(),
        disks=LeanDisks(),
        kernel_log=KernelRecords(),
        machine=ProcMachine(),
        registry=InstanceTable(LeanDynamoDb(aws), config.registry.table),
        cloud=LeanCloud(aws, config.registry.table),
    )


def build_alert_cloud(config: Config, served: Served | None, clock: Clock) -> tuple[Cloud, str]:
    """Return whom an alert is told to, and which instance it is; metadata says where nobody has."""
    metadata = ImdsMetadata(LeanImds(clock), clock)
    known = served.row if served else {}
    region = config.aws.region or str(known.get("region") or metadata.region())
    aws = LeanAws(metadata.credentials, region, clock)
    instance_id = str(known.get("instance_id") or metadata.instance_id())
    return LeanCloud(aws, config.registry.table), instance_id
