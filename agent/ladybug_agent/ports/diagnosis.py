"""What a diagnosis needs from the world: it only ever looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ladybug_agent.model import DiskSpace, KernelLine
from ladybug_agent.model.containers import ContainerFacts, ImageFacts
from ladybug_agent.model.storage import BlockDevice
from ladybug_agent.ports import InstanceMetadata
from ladybug_agent.ports.aws_look import AwsLooks, LookAtReach
from ladybug_agent.ports.lifecycle import Announcements
from ladybug_agent.ports.storage import MountLook
from ladybug_agent.ports.tick import LookAtDisks, LookAtMachine, LookAtService


class LookAtEngine(Protocol):
    """The container engine; each look within 3 s. Raises ExternalFailure if it does not answer."""

    def container(self, name: str) -> ContainerFacts | None: ...

    def image(self, reference: str) -> ImageFacts | None:
        """Return the local image, or None if the engine does not have it."""


class LookAtAllDisks(LookAtDisks, Protocol):
    def disks(self) -> tuple[BlockDevice, ...]:
        """Return the whole disks that the kernel has now."""

    def is_sealed(self, device_number: str) -> bool:
        """Return whether the kernel refuses to write to the disk."""


class LookAtWholeMachine(LookAtMachine, Protocol):
    def memory_total_bytes(self) -> int: ...

    def memory_available_bytes(self) -> int: ...

    def space(self, path: str) -> DiskSpace | None:
        """Return the room on the filesystem of a path; None where there is no such path."""


class LookAtKernelPast(Protocol):
    def lines(self) -> tuple[KernelLine, ...]:
        """Return what the kernel still has of its log, oldest first. Raises OSError."""


class LookAtSession(Protocol):
    def begin(self) -> None:
        """Ask instance metadata for a session. Raises NotYet, or ExternalFailure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisWorld:
    """All of the world that a diagnosis looks at. Built in `wiring_diagnosis`, or of fakes."""

    containers: LookAtEngine
    service: LookAtService
    mounts: MountLook
    disks: LookAtAllDisks
    kernel_log: LookAtKernelPast
    machine: LookAtWholeMachine
    session: LookAtSession
    metadata: InstanceMetadata
    notices: Announcements
    aws: AwsLooks
    reach: LookAtReach
