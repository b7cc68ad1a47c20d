"""Disks that come when a fake clock has come so far: the waits of a boot without the waiting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from fakes.clock import FakeClock
from fakes.storage import FakeWatch
from ladybug_agent.model.storage import BlockDevice
from ladybug_agent.ports.storage import BlockDevices, DeviceWatch, PinnedDevice


class LateDevices:
    """The real disks, but the one at `node` is hidden at first; None shows it from the start."""

    def __init__(
        self, real: BlockDevices, node: str, appears_after_s: float | None, clock: FakeClock
    ) -> None:
        self._real = real
        self._node = node
        self._clock = clock
        self._hidden_until_s = appears_after_s or 0.0

    @contextmanager
    def watch(self) -> Iterator[DeviceWatch]:
        yield FakeWatch(self._clock)

    def disks(self) -> tuple[BlockDevice, ...]:
        is_hidden = self._clock.passed_s < self._hidden_until_s
        return tuple(d for d in self._real.disks() if not (is_hidden and d.node == self._node))

    def pin(self, disk: BlockDevice) -> AbstractContextManager[PinnedDevice]:
        return self._real.pin(disk)
