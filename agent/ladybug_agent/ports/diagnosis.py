"""What a diagnosis needs from the world: it only ever looks."""

from __future__ import annotations

from dataclasses import dataclass

from ladybug_agent.ports import InstanceMetadata
from ladybug_agent.ports.aws_look import AwsLooks, LookAtReach
from ladybug_agent.ports.storage import MountLook
from ladybug_agent.ports.tick import (
    LookAtContainers,
    LookAtKernelLog,
    LookAtMachine,
    LookAtService,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisWorld:
    """All of the world that a diagnosis looks at. Built in `wiring_diagnosis`, or of fakes."""

    containers: LookAtContainers
    service: LookAtService
    mounts: MountLook
    kernel_log: LookAtKernelLog
    machine: LookAtMachine
    metadata: InstanceMetadata
    aws: AwsLooks
    reach: LookAtReach
