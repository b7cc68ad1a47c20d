"""What a diagnosis needs from the world: it only ever looks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from ladybug_agent.clock import Deadline
from ladybug_agent.model import DiskSpace, KernelLine
from ladybug_agent.model.boot_files import BootFiles
from ladybug_agent.model.containers import ContainerFacts, ImageFacts
from ladybug_agent.model.storage import BlockDevice
from ladybug_agent.ports import InstanceMetadata
from ladybug_agent.ports.aws_look import AwsLooks, LookAtReach
from ladybug_agent.ports.lifecycle import Announcements
from ladybug_agent.ports.storage import MountLook
from ladybug_agent.ports.tick import LookAtDisks, LookAtMachine, LookAtService
from ladybug_agent.ports.units import NoServiceManager, ServiceManagerLook


@dataclass(frozen=True, slots=True, kw_only=True)
class AskDatabases:
    """Which databases to check, where, and by which configuration."""

    directory: str
    names: tuple[str, ...]
    config_file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSeen:
    """What `verify` says of one database; without a code it is good."""

    name: str
    code: str = ""
    message: str = ""
    hint: str = ""
    size_bytes: int = 0


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


class LookAtContents(Protocol):
    """The volume itself, by processes that can be killed: a read of it may never come back."""

    def read_block(self, node: str, deadline: Deadline) -> None:
        """Read the first block of a disk, around the page cache. Needs root.

        Raises ExternalFailure `device_unresponsive` or `device_unreadable`.
        """

    def databases(self, ask: AskDatabases, deadline: Deadline) -> tuple[DatabaseSeen, ...]:
        """Check each database by its own header, as `verify` does; changes nothing.

        Raises ExternalFailure `device_unresponsive`, or `databases_not_verified`.
        """


class LookAtWholeMachine(LookAtMachine, Protocol):
    def is_root(self) -> bool: ...

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
    contents: LookAtContents
    machine: LookAtWholeMachine
    session: LookAtSession
    metadata: InstanceMetadata
    notices: Announcements
    aws: AwsLooks
    reach: LookAtReach
    units: ServiceManagerLook = field(default_factory=NoServiceManager)
    boot_files: BootFiles | None = None
    """Where others leave word of this boot; None where nobody does."""
