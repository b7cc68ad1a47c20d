"""What a health check needs from the world; see `ladybug_agent.ports`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ladybug_agent.model import BootIdentity, HttpReply, LoadSample
from ladybug_agent.model.containers import ContainerFacts
from ladybug_agent.ports.registry import Heartbeat, Row, WriteOutcome
from ladybug_agent.ports.storage import MountLook


class LookAtContainers(Protocol):
    def container(self, name: str) -> ContainerFacts | None:
        """Return what the engine reports, within 3 s. Raises ExternalFailure if it does not."""


class LookAtService(Protocol):
    def get(self, url: str) -> HttpReply:
        """GET within 3 s, connected within 1 s. Raises NotYet for anything but an answer."""

    def post(self, url: str, body: bytes) -> HttpReply: ...


class LookAtDisks(Protocol):
    def is_there(self, device_number: str) -> bool: ...

    def serial(self, device_number: str) -> str:
        """Return the disk's serial number, or nothing if nobody knows it."""

    def sequence(self, device_number: str) -> int:
        """Return the number that the kernel gave the disk in this boot, or 0."""


class LookAtKernelLog(Protocol):
    def since(self, sequence: int) -> tuple[tuple[str, ...], int]:
        """Return the messages after a record, and the last record's number. Raises OSError."""


class LookAtMachine(Protocol):
    def boot(self) -> BootIdentity: ...

    def sample(self, data_device_number: str | None) -> LoadSample:
        """Return the machine's counters. Raises ExternalFailure if the disk is gone."""


class HeartbeatRegistry(Protocol):
    """Of the registry, what a health check may do to it."""

    def beat(self, beat: Heartbeat) -> WriteOutcome: ...

    def restore(self, row: Row) -> bool: ...

    def put(self, row: Row, *, now: int) -> None:
        """Write the whole row, unless another live registration holds it. Raises Fenced."""


class Cloud(Protocol):
    """Whom a health check tells beside the registry. One try each; raises ExternalFailure."""

    @property
    def calls(self) -> int:
        """How many calls to AWS there have been, those to the registry included."""

    def peers(self) -> Sequence[Row]:
        """Return the rows of all shared replicas, ours among them, with status and reason."""

    def notify(self, topic: str, subject: str, message: str) -> None: ...

    def give_up_instance(self, instance_id: str) -> None:
        """Tell Auto Scaling that the instance is unhealthy (SetInstanceHealth)."""

    def put_log_events(self, group: str, stream: str, events: Sequence[tuple[int, str]]) -> None:
        """Write events (milliseconds since the epoch, text), oldest first.

        Raises ExternalFailure `log_stream_missing` where there is no such stream.
        """

    def make_log_stream(self, group: str, stream: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TickWorld:
    """All of the world that a health check touches. Built in `wiring_tick`, or of fakes."""

    containers: LookAtContainers
    service: LookAtService
    mounts: MountLook
    disks: LookAtDisks
    kernel_log: LookAtKernelLog
    machine: LookAtMachine
    registry: HeartbeatRegistry
    cloud: Cloud
