"""Everything the agent needs from the world, as protocols.

`ladybug_agent.adapters` implements them with the real things, `tests/fakes` with state in memory;
`tests/contract` runs one suite against both. Unless a method says otherwise it blocks for at most
the adapter's own connect and read timeouts, and raises `ExternalFailure` when the world fails it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ladybug_agent.clock import Deadline
from ladybug_agent.model import (
    AttachedVolume,
    BlockDevice,
    BootIdentity,
    ContainerFacts,
    ContainerSpec,
    Credentials,
    FilesystemProbe,
    HttpReply,
    ImageFacts,
    InstanceIdentity,
    Load,
    MountEntry,
    RegistryLogin,
    SignalOutcome,
)

RowValue = str | int | float | bool
Row = Mapping[str, RowValue]


class InstanceMetadata(Protocol):
    """The instance metadata service (IMDSv2)."""

    def identity(self) -> InstanceIdentity:
        """Return who we are. Raises NotYet while the service does not answer."""

    def credentials(self) -> Credentials:
        """Return the role's temporary credentials. Raises NotYet while there are none."""


class Ec2(Protocol):
    def attached_volumes(self, instance_id: str) -> tuple[AttachedVolume, ...]:
        """Return the volumes that EC2 has attached, or is attaching, to the instance."""


class ImageRegistry(Protocol):
    def login(self) -> RegistryLogin:
        """Return a fresh ECR token as a login (GetAuthorizationToken)."""


class DeviceWatch(Protocol):
    def wait(self, seconds: float) -> None:
        """Block until a block device appears or changes, or for `seconds`."""


class BlockDevices(Protocol):
    def watch(self) -> AbstractContextManager[DeviceWatch]:
        """Listen for events from now on. Start it before the first look: events are not kept."""

    def disks(self) -> tuple[BlockDevice, ...]:
        """Return the whole disks that the kernel has now; partitions are left out."""

    def probe(self, node: str, deadline: Deadline) -> FilesystemProbe:
        """Read superblock signatures. Blocks as long as the reads do, at most to the deadline."""

    def is_sealed(self, node: str) -> bool:
        """Return whether the kernel refuses all writes to the device (BLKROGET, ioctl(2))."""

    def set_sealed(self, node: str, *, sealed: bool) -> None:
        """Make the kernel refuse, or allow, writes to the device (BLKROSET)."""


class Mounts(Protocol):
    def at(self, target: Path) -> MountEntry | None:
        """Return what is mounted exactly there (the topmost mount), or None."""

    def mount(
        self, node: str, target: Path, filesystem: str, options: tuple[str, ...], deadline: Deadline
    ) -> None:
        """Mount a device. Raises `mount_needs_journal_replay` if only writing could mount it."""

    def unmount(self, target: Path, deadline: Deadline) -> None: ...


class ContainerEngine(Protocol):
    def image(self, reference: str) -> ImageFacts | None:
        """Return the local image, or None if the engine does not have it."""

    def resolve(self, reference: str, login: RegistryLogin) -> str:
        """Ask the registry which digest (`sha256:…`) a reference has now."""

    def pull(
        self,
        reference: str,
        login: RegistryLogin,
        on_progress: Callable[[int], None],
        deadline: Deadline,
    ) -> None:
        """Pull by digest; `on_progress` gets the bytes downloaded so far. Blocks to the end."""

    def container(self, name: str) -> ContainerFacts | None: ...

    def run(self, spec: ContainerSpec) -> str:
        """Create and start a container; return its id. What fails to start is removed again."""

    def stop(self, container_id: str, *, grace_s: int) -> None:
        """Stop the container and leave it for inspection; blocks for up to `grace_s`."""

    def remove(self, container_id: str) -> None:
        """Remove the container, running or not."""

    def logs(self, container_id: str, *, lines: int) -> tuple[str, ...]:
        """Return the last lines that the container wrote."""


class Http(Protocol):
    def get(self, url: str) -> HttpReply:
        """GET without proxy or redirect. Raises NotYet if nothing answers in time."""


class InstanceRegistry(Protocol):
    """The DynamoDB table of instances. Every write is conditional."""

    def row(self, instance_id: str) -> Row | None:
        """Return the row by a strongly consistent read."""

    def put(self, row: Row, *, now: int) -> None:
        """Write the whole row unless another live registration holds it.

        Allowed: no row, our own `registration_id`, an older boot, `terminated`, or a lease that
        ran out before `now` (seconds since the epoch). Otherwise raises Fenced.
        """

    def withdraw(self, instance_id: str, registration_id: str, *, reason_code: str) -> bool:
        """Turn our own healthy row to `unhealthy`, in a hurry; return whether there was one.

        Never makes a row, and never touches one of another registration.
        """


class Orchestrator(Protocol):
    """Someone who waits to hear how the boot went (a stack, an Auto Scaling group)."""

    def signal(self, *, success: bool, reason: str) -> SignalOutcome:
        """Tell the outcome. Never raises: a refused or failed signal is an outcome too."""


class Machine(Protocol):
    """The machine we run on, by procfs and sysfs."""

    def is_root(self) -> bool: ...

    def boot(self) -> BootIdentity: ...

    def memory_total_bytes(self) -> int: ...

    def load(self, data_device_number: str) -> Load: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All of the world that the boot touches. Built in `wiring`, or of fakes in the tests."""

    metadata: InstanceMetadata
    ec2: Ec2
    image_registry: ImageRegistry
    block_devices: BlockDevices
    mounts: Mounts
    engine: ContainerEngine
    http: Http
    instance_registry: InstanceRegistry
    machine: Machine
    orchestrators: tuple[Orchestrator, ...]
