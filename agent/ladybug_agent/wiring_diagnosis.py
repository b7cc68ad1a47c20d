"""Builds what a diagnosis looks at: lean adapters, each with one try and short limits."""

from __future__ import annotations

from ladybug_agent.adapters.all_disks import AllDisks
from ladybug_agent.adapters.contents import SystemContents
from ladybug_agent.adapters.instance_metadata import (
    DOCUMENT_PATH,
    HOSTNAME_PATH,
    MAC_PATH,
    MAPPING_PATH,
    ROLE_PATH,
    ImdsMetadata,
)
from ladybug_agent.adapters.kernel_records import KernelRecords
from ladybug_agent.adapters.lean.docker import LeanDocker
from ladybug_agent.adapters.lean.imds import LeanImds
from ladybug_agent.adapters.lean.imds_ahead import ImdsAhead
from ladybug_agent.adapters.lean.reach import LeanReach
from ladybug_agent.adapters.lean.service import LeanServiceHttp
from ladybug_agent.adapters.machine import ProcMachine
from ladybug_agent.adapters.mount_table import MountTable
from ladybug_agent.adapters.notices import EVENTS, REBALANCE, SPOT, TARGET_STATE, ImdsNotices
from ladybug_agent.adapters.units import SystemctlUnits
from ladybug_agent.clock import Clock
from ladybug_agent.config import Config
from ladybug_agent.model.boot_files import BootFiles
from ladybug_agent.ports.diagnosis import DiagnosisWorld
from ladybug_agent.wiring_aws_looks import build_aws_looks

WANTED = (
    DOCUMENT_PATH,
    MAC_PATH,
    HOSTNAME_PATH,
    ROLE_PATH,
    MAPPING_PATH,
    TARGET_STATE,
    SPOT,
    EVENTS,
    REBALANCE,
)
"""What every diagnosis asks instance metadata for."""


def build_diagnosis_world(config: Config, clock: Clock) -> DiagnosisWorld:
    """Build all that a diagnosis looks at. Asks nobody anything yet."""
    imds = ImdsAhead(LeanImds(clock), WANTED, clock)
    metadata = ImdsMetadata(imds, clock)
    return DiagnosisWorld(
        containers=LeanDocker(config.container.docker_host, clock),
        service=LeanServiceHttp(clock),
        mounts=MountTable(),
        disks=AllDisks(),
        kernel_log=KernelRecords(),
        contents=SystemContents(),
        machine=ProcMachine(),
        session=imds,
        metadata=metadata,
        notices=ImdsNotices(lambda: imds),
        aws=build_aws_looks(config, metadata.credentials, metadata.region, clock),
        reach=LeanReach(clock),
        units=SystemctlUnits(clock),
        boot_files=BootFiles(),
    )
