"""Everything the agent needs from the world, as protocols.

`ladybug_agent.adapters` implements them with the real things, `tests/fakes` with state in memory;
`tests/contract` runs one suite against both. Unless a method says otherwise it blocks for at most
the adapter's own connect and read timeouts, and raises `ExternalFailure` when the world fails it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from ladybug_agent.clock import Deadline
from ladybug_agent.model import (
    BootIdentity,
    Credentials,
    HttpReply,
    InstanceIdentity,
    Load,
    SignalOutcome,
)
from ladybug_agent.model.hydration import DiskReads
from ladybug_agent.ports.containers import ContainerEngine, ImageRegistry
from ladybug_agent.ports.hydration import FileLayout, MapStore, PageCache
from ladybug_agent.ports.registry import InstanceRegistry, Row, RowValue
from ladybug_agent.ports.storage import BlockDevices, Ec2, KernelLog, Mounts

__all__ = [
    "Http",
    "InstanceMetadata",
    "InstanceRegistry",
    "Machine",
    "Orchestrator",
    "Row",
    "RowValue",
    "World",
]


class InstanceMetadata(Protocol):
    """The instance metadata service (IMDSv2)."""

    def identity(self) -> InstanceIdentity:
        """Return who we are. Raises NotYet while the service does not answer."""

    def block_device_mapping(self) -> Mapping[str, str]:
        """Return the device names of the launch template by their role: `root`, `ebs1`, ….

        What was attached after the launch, or the last start, is not among them.
        """

    def credentials(self) -> Credentials:
        """Return the role's temporary credentials. Raises NotYet while there are none."""


class Http(Protocol):
    def get(self, url: str) -> HttpReply:
        """GET without proxy or redirect. Raises NotYet if nothing answers in time."""

    def post(self, url: str, body: bytes, deadline: Deadline) -> HttpReply:
        """POST some JSON, likewise; blocks for as long as the answer takes, to the deadline."""


class Orchestrator(Protocol):
    """Someone who waits to hear how the boot went (a stack, an Auto Scaling group)."""

    def signal(self, *, success: bool, reason: str) -> SignalOutcome:
        """Tell the outcome. Never raises: a refused or failed signal is an outcome too."""


class Machine(Protocol):
    """The machine we run on, by procfs and sysfs."""

    def is_root(self) -> bool: ...

    def boot(self) -> BootIdentity: ...

    def memory_total_bytes(self) -> int: ...

    def memory_available_bytes(self) -> int:
        """Return what can be had without swapping (`MemAvailable`, proc_meminfo(5))."""

    def disk_reads(self, device_number: str) -> DiskReads:
        """Return the reads of a disk so far. Raises ExternalFailure if it is gone."""

    def load(self, data_device_number: str | None) -> Load:
        """Return the load since boot; no device reads nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All of the world that the boot touches. Built in `wiring`, or of fakes in the tests."""

    metadata: InstanceMetadata
    ec2: Ec2
    image_registry: ImageRegistry
    block_devices: BlockDevices
    mounts: Mounts
    kernel_log: KernelLog
    engine: ContainerEngine
    http: Http
    instance_registry: InstanceRegistry
    machine: Machine
    layout: FileLayout
    page_cache: PageCache
    maps: MapStore | None
    """None where the configuration names no place for maps."""
    orchestrators: tuple[Orchestrator, ...]
