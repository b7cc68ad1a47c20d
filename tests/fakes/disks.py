"""What is on a disk and how it behaves, and the disk held open."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fakes.kernel_log import FakeKernelLog
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, ExternalFailure, Refused
from ladybug_agent.model.storage import BlockDevice, FilesystemProbe, JournalState

SECTOR_BYTES = 512
XFS = FilesystemProbe(filesystem="xfs", uuid="5e5e5e5e-0000-4000-8000-000000000001")


@dataclass(slots=True, kw_only=True)
class DiskState:
    """What is on a disk and how it behaves; tests change it as the world would."""

    probe: FilesystemProbe = XFS
    probe_raises: AgentError | None = None
    dirty: bool = False
    """The journal must be replayed before the disk can be mounted sealed."""
    stays_dirty: bool = False
    """Something goes on writing: a replay does not help."""
    has_journal_tool: bool = True
    """The tool that tells the state of the journal is installed."""
    image: Path = Path("/dev/zero")
    """What a read of the device itself reads."""
    sealed: bool = False
    sizes: list[int] = field(default_factory=list)
    """What the kernel gives as the size, one look after the other; then it is the disk's own."""
    unreadable: set[int] = field(default_factory=set)
    """Offsets of blocks that give an I/O error."""
    hanging: set[int] = field(default_factory=set)
    """Offsets of blocks whose read does not come back."""
    unkillable: bool = False
    """A read that hangs outlives its kill."""
    replaced_after_looks: int | None = None
    """So many looks find the disk; then there is another one under its node."""
    journal_replays: int = 0
    written: bool = False
    """Something has been written to the disk since it was restored from its snapshot."""

    def __post_init__(self) -> None:
        self.sizes = list(self.sizes)  # each look takes one of them away


class FakePinnedDevice:
    """A disk held open. `now` gives the disk that its node means at the moment."""

    def __init__(
        self,
        disk: BlockDevice,
        state: DiskState,
        now: Callable[[], BlockDevice | None],
        kernel_log: FakeKernelLog,
    ) -> None:
        self._disk = disk
        self._state = state
        self._now = now
        self._kernel_log = kernel_log
        self.is_open = True

    @property
    def disk(self) -> BlockDevice:
        return self._disk

    def check(self) -> None:
        found = self._now()
        if found is None or not self.is_open:
            raise ExternalFailure("device_gone", f"wanted {self._disk.node}, found none")
        if (left := self._state.replaced_after_looks) is not None:
            self._state.replaced_after_looks = max(0, left - 1)
        wanted = (self._disk.device_number, self._disk.disk_sequence)
        if left == 0 or (found.device_number, found.disk_sequence) != wanted:
            raise Refused("device_replaced", f"wanted {self._disk.node} to be the same disk")

    def size_bytes(self) -> int:
        self.check()
        return self._state.sizes.pop(0) if self._state.sizes else self._disk.size_bytes

    @contextmanager
    def opened_direct(self) -> Iterator[int]:
        self.check()
        handle = os.open(self._state.image, os.O_RDONLY)
        try:
            yield handle
        finally:
            os.close(handle)

    def read_block(self, offset: int, deadline: Deadline) -> None:
        self.check()
        what = f"dd if={self._disk.node} skip={offset // 4096}"
        deadline.check(what)
        if offset in self._state.hanging:
            deadline.pause(deadline.remaining_s)
            if self._state.unkillable:
                raise ExternalFailure("command_unkillable", f"`{what}` did not end")
            deadline.check(what)
        if offset in self._state.unreadable:
            name, sector = self._disk.node.removeprefix("/dev/"), offset // SECTOR_BYTES
            self._kernel_log.lines.append(
                f"I/O error, dev {name}, sector {sector} op 0x0:(READ) flags 0x0 phys_seg 1"
            )
            raise ExternalFailure("command_failed", f"`{what}` ended with status 1")

    def probe(self, deadline: Deadline) -> FilesystemProbe:
        self.check()
        deadline.check(f"the superblock of {self._disk.node}")
        if self._state.probe_raises:
            raise self._state.probe_raises
        return self._state.probe

    def journal(self, filesystem: str, deadline: Deadline) -> JournalState:
        self.check()
        deadline.check(f"the journal of the {filesystem} on {self._disk.node}")
        if not self._state.has_journal_tool:
            return "unknown"
        return "dirty" if self._state.dirty else "clean"

    def is_sealed(self) -> bool:
        self.check()
        return self._state.sealed

    def set_sealed(self, *, sealed: bool) -> None:
        self.check()
        self._state.sealed = sealed

    @contextmanager
    def opened_for_writing(self) -> Iterator[None]:
        self.set_sealed(sealed=False)
        try:
            yield
        finally:
            self.set_sealed(sealed=True)
