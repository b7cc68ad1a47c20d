"""Real disks for the tests that have root: images under loop devices, found as the agent does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ladybug_agent.adapters.block_devices import KernelBlockDevices
from ladybug_agent.model.storage import BlockDevice
from ladybug_agent.ports.storage import PinnedDevice
from ladybug_lab.volumes.image import LoopDevice, attach, detach


@contextmanager
def attached_loop(image: Path) -> Iterator[LoopDevice]:
    device = attach(image)
    try:
        yield device
    finally:
        detach(device)


def disk_at(device: LoopDevice) -> BlockDevice:
    """Return the disk as the agent's own scan finds it."""
    found = KernelBlockDevices().disks()
    return next(disk for disk in found if disk.node == str(device.node))


@contextmanager
def pinned_loop(image: Path) -> Iterator[PinnedDevice]:
    with attached_loop(image) as device, KernelBlockDevices().pin(disk_at(device)) as pinned:
        yield pinned
