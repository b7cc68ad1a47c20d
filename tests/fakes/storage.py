"""The disks that the kernel has, as they come and go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fakes.clock import FakeClock
from fakes.disks import DiskState, FakePinnedDevice
from fakes.instance import GIB, ROOT_VOLUME, VOLUME
from fakes.kernel_log import FakeKernelLog
from ladybug_agent.model.storage import EBS_MODEL, BlockDevice
from ladybug_agent.ports.storage import DeviceWatch

DISK = BlockDevice(
    node="/dev/nvme1n1",
    device_number="259:3",
    size_bytes=VOLUME.size_gib * GIB,
    serial="vol0123456789abcdef0",
    disk_sequence=7,
    model=EBS_MODEL,
    device_name="xvdf",  # of a volume attached at launch; later ones have `/dev/` before it
)
ROOT_DISK = BlockDevice(
    node="/dev/nvme0n1",
    device_number="259:0",
    size_bytes=ROOT_VOLUME.size_gib * GIB,
    serial="vol0fedcba9876543210",
    disk_sequence=1,
    model=EBS_MODEL,
    device_name="xvda",
    partitions=("259:1", "259:2"),
)


class FakeBlockDevices:
    """Disks that appear when the clock has come so far; the root disk is always there.

    `how` is the state of the first of them. All that is open stays so until its `with` ends.
    """

    def __init__(
        self,
        clock: FakeClock,
        *disks: BlockDevice,
        appear_after_s: float = 0.0,
        kernel_log: FakeKernelLog | None = None,
        **how: Any,
    ) -> None:
        self._clock = clock
        self._appear_at = clock.monotonic() + appear_after_s
        self.kernel_log = kernel_log or FakeKernelLog()
        self.present = list(disks or (DISK,))
        self.root = ROOT_DISK
        self.states = {disk.node: DiskState() for disk in (self.root, *self.present)}
        self.states[self.present[0].node] = DiskState(**how)
        self.pinned: list[FakePinnedDevice] = []
        self.looked_at_s: list[float] = []

    @property
    def state(self) -> DiskState:
        """The state of the first disk that is not the root disk."""
        return self.states[self.present[0].node]

    @property
    def sealed(self) -> set[str]:
        return {node for node, state in self.states.items() if state.sealed}

    @contextmanager
    def watch(self) -> Iterator[DeviceWatch]:
        yield FakeWatch(self._clock)

    def disks(self) -> tuple[BlockDevice, ...]:
        self.looked_at_s.append(self._clock.monotonic())
        late = self.present if self._clock.monotonic() >= self._appear_at else ()
        return (self.root, *late)

    def at(self, node: str) -> BlockDevice | None:
        """Return the disk that has the node now."""
        return next((disk for disk in (self.root, *self.present) if disk.node == node), None)

    @contextmanager
    def pin(self, disk: BlockDevice) -> Iterator[FakePinnedDevice]:
        device = self.pinned_device(disk)
        device.check()
        self.pinned.append(device)
        try:
            yield device
        finally:
            device.is_open = False
            self.pinned.remove(device)

    def pinned_device(self, disk: BlockDevice) -> FakePinnedDevice:
        """Return the disk, held open for as long as the test lasts."""
        return FakePinnedDevice(
            disk, self.states[disk.node], lambda: self.at(disk.node), self.kernel_log
        )


class FakeWatch:
    """Events that never come: all of the time passes."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def wait(self, seconds: float) -> None:
        self._clock.let_pass(seconds)
