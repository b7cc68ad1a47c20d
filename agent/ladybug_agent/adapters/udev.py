"""The one home of pyudev: events of block devices, and what udev's database knows of a disk."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pyudev


class UdevWatch:
    """Wakes on events of the kernel (always there) and of udevd (when its database is written)."""

    def __init__(self, monitors: tuple[pyudev.Monitor, ...]) -> None:
        self._monitors = monitors

    def wait(self, seconds: float) -> None:
        poller = select.poll()
        for monitor in self._monitors:
            poller.register(monitor.fileno(), select.POLLIN)
        poller.poll(seconds * 1000)
        for monitor in self._monitors:
            # ENOBUFS: more events than the socket holds. Something happened, then, like any event.
            with suppress(OSError):
                # One look at the world answers all the events that have come in so far.
                while monitor.poll(timeout=0) is not None:
                    continue


@contextmanager
def watch_block_devices() -> Iterator[UdevWatch]:
    """Listen from now on; `start` is explicit, because a lazy one loses events."""
    context = pyudev.Context()
    monitors = tuple(pyudev.Monitor.from_netlink(context, source) for source in ("kernel", "udev"))
    for monitor in monitors:
        monitor.filter_by("block")
        monitor.start()
    yield UdevWatch(monitors)


@dataclass(frozen=True, slots=True, kw_only=True)
class UdevIdentity:
    """What udev's database says of a disk; nothing where no udevd runs."""

    serial: str | None = None
    model: str = ""


def udev_identity(node: str) -> UdevIdentity:
    """Return `ID_SERIAL_SHORT` and `ID_MODEL` from udev's database."""
    try:
        device = pyudev.Devices.from_device_file(pyudev.Context(), node)
    except (pyudev.DeviceNotFoundError, OSError):
        return UdevIdentity()
    serial = device.properties.get("ID_SERIAL_SHORT")
    model = device.properties.get("ID_MODEL")
    # ID_MODEL has underscores where the model has spaces.
    return UdevIdentity(
        serial=str(serial) if serial else None, model=str(model or "").replace("_", " ")
    )
