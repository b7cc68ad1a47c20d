"""The disks and the mount table. A mounted volume shows real files under the mount point."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fakes.clock import FakeClock
from fakes.databases import database_bytes
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, ExternalFailure, NotYet
from ladybug_agent.storage_model import BlockDevice, FilesystemProbe, MountEntry
from ladybug_agent.storage_ports import DeviceWatch

DISK = BlockDevice(
    node="/dev/nvme1n1",
    device_number="259:3",
    size_bytes=100 * 1024**3,
    serial="vol0123456789abcdef0",
    disk_sequence=7,
)
ROOT_DISK = BlockDevice(
    node="/dev/nvme0n1",
    device_number="259:0",
    size_bytes=30 * 1024**3,
    serial="vol0fedcba9876543210",
    disk_sequence=1,
)
XFS = FilesystemProbe(filesystem="xfs", uuid="5e5e5e5e-0000-4000-8000-000000000001")


class FakeBlockDevices:
    """Disks that appear when the clock has come so far; the root disk is always there."""

    def __init__(
        self,
        clock: FakeClock,
        *disks: BlockDevice,
        appear_after_s: float = 0.0,
        probe: FilesystemProbe = XFS,
        raises: AgentError | None = None,
    ) -> None:
        self._clock = clock
        self._disks = disks or (DISK,)
        self._appear_at = clock.monotonic() + appear_after_s
        self._probe = probe
        self._raises = raises
        self.sealed: set[str] = set()
        self.looked_at_s: list[float] = []

    @contextmanager
    def watch(self) -> Iterator[DeviceWatch]:
        yield FakeWatch(self._clock)

    def disks(self) -> tuple[BlockDevice, ...]:
        self.looked_at_s.append(self._clock.monotonic())
        late = self._disks if self._clock.monotonic() >= self._appear_at else ()
        return (ROOT_DISK, *late)

    def probe(self, node: str, deadline: Deadline) -> FilesystemProbe:
        deadline.check(f"the superblock of {node}")
        if self._raises:
            raise self._raises
        return self._probe

    def is_sealed(self, node: str) -> bool:
        return node in self.sealed

    def set_sealed(self, node: str, *, sealed: bool) -> None:
        if sealed:
            self.sealed.add(node)
        else:
            self.sealed.discard(node)


class FakeWatch:
    """Events that never come: all of the time passes."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def wait(self, seconds: float) -> None:
        self._clock.wait(threading.Event(), seconds)


class FakeMounts:
    """The mount table of a machine with one data volume.

    A volume with a `dirty` journal cannot be mounted while its device is sealed; mounting it
    unsealed replays the journal. `vanishes` unmounts at once, as a systemd mount unit may.
    """

    def __init__(
        self,
        devices: FakeBlockDevices,
        *,
        contents: Mapping[str, bytes] | None = None,
        dirty: bool = False,
        vanishes: bool = False,
        raises: AgentError | None = None,
    ) -> None:
        self._devices = devices
        self._contents = {"databases/sec.lbug": database_bytes()} if contents is None else contents
        self._vanishes = vanishes
        self._raises = raises
        self._next_id = 36
        self.dirty = dirty
        self.journal_replays = 0
        self.table: dict[Path, MountEntry] = {}

    def at(self, target: Path) -> MountEntry | None:
        return self.table.get(target)

    def mount(
        self, node: str, target: Path, filesystem: str, options: tuple[str, ...], deadline: Deadline
    ) -> None:
        deadline.check(f"the mount of {node}")
        if self._raises:
            raise self._raises
        self._replay_journal(node)
        if self._vanishes:
            return
        if target in self.table:
            raise ExternalFailure("command_failed", f"{node} is already mounted on {target}")
        self._next_id += 1
        disk = next(disk for disk in self._devices.disks() if disk.node == node)
        self.table[target] = MountEntry(
            mount_id=self._next_id,
            device_number=disk.device_number,
            source=node,
            target=target,
            filesystem=filesystem,
            options=frozenset(options),
        )
        for name, content in self._contents.items():
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def unmount(self, target: Path, deadline: Deadline) -> None:
        deadline.check(f"the unmount of {target}")
        if self.table.pop(target, None) is None:
            raise ExternalFailure("command_failed", f"{target} is not mounted")
        for name in {Path(name).parts[0] for name in self._contents}:
            shutil.rmtree(target / name)

    def _replay_journal(self, node: str) -> None:
        if not self.dirty:
            return
        if self._devices.is_sealed(node):
            raise NotYet("mount_needs_journal_replay", f"{node} has a journal to replay")
        self.dirty = False
        self.journal_replays += 1
