"""The disks that the kernel has, by sysfs and by their own word; udev adds what those lack."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from ladybug_agent.adapters.nvme import NvmeIdentity, identify_controller, parse_identity
from ladybug_agent.adapters.pinned_device import pinned
from ladybug_agent.adapters.udev import UdevIdentity, udev_identity, watch_block_devices
from ladybug_agent.errors import Refused
from ladybug_agent.model.storage import BlockDevice
from ladybug_agent.ports.storage import DeviceWatch, PinnedDevice

log = structlog.get_logger(__name__)

SYSFS = Path("/sys")
SECTOR_BYTES = 512  # the unit of /sys/block/*/size, whatever the device's own sector size
COUNT = re.compile("[0-9]{1,20}")
# A path of a multipath NVMe namespace (nvme1c1n1) is no disk of its own.
NVME_DISK = re.compile(r"nvme\d+n\d+")
NVME_PATH = re.compile(r"nvme\d+c\d+n\d+")
# Xen's block devices carry EC2's name of the attachment as their own.
XEN_DISK = re.compile(r"(xvd|sd)[a-z]{1,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Identity:
    serial: str | None = None
    model: str = ""
    device_name: str = ""


class KernelBlockDevices:
    """Reads `/sys/block`, so that it works before udevd has run, or without it."""

    def __init__(
        self,
        sysfs: Path = SYSFS,
        identify: Callable[[str], bytes] = identify_controller,
        udev: Callable[[str], UdevIdentity] = udev_identity,
    ) -> None:
        self._sysfs = sysfs
        self._identify = identify
        self._udev = udev

    def watch(self) -> AbstractContextManager[DeviceWatch]:
        return watch_block_devices()

    @contextmanager
    def pin(self, disk: BlockDevice) -> Iterator[PinnedDevice]:
        with pinned(disk) as device:
            # Now that its number is taken, ask once more who it is: from here on a change of the
            # serial number would be a change of the disk sequence number.
            now = [found for found in self.disks() if found.device_number == disk.device_number]
            if [found.serial for found in now] != [disk.serial]:
                raise Refused(
                    "device_replaced",
                    f"wanted {disk.node} to have the serial number {disk.serial}, found"
                    f" {now[0].serial if now else 'no such disk'}",
                    hint="the volume was detached, and another attached, meanwhile: run the boot"
                    " again",
                )
            yield device

    def disks(self) -> tuple[BlockDevice, ...]:
        found = (self._disk(entry) for entry in _children(self._sysfs / "block"))
        return tuple(disk for disk in found if disk is not None)

    def _disk(self, entry: Path) -> BlockDevice | None:
        """Read one disk; None for one that vanishes meanwhile, or has neither size nor name."""
        # First, so that a disk that is replaced while it is being asked does not keep its number.
        disk_sequence = _count(entry / "diskseq")
        device_number = _attribute(entry / "dev")
        size_bytes = (_count(entry / "size") or 0) * SECTOR_BYTES
        if device_number is None or NVME_PATH.fullmatch(entry.name):
            return None
        node = "/dev/" + entry.name.replace("!", "/")
        identity = self._identity(entry, node)
        if not size_bytes and identity.serial is None:
            return None
        parts = [part for part in _children(entry) if (part / "partition").exists()]
        return BlockDevice(
            node=node,
            device_number=device_number,
            size_bytes=size_bytes,
            serial=identity.serial,
            disk_sequence=disk_sequence,
            model=identity.model,
            device_name=identity.device_name,
            holders=tuple(
                h.name for owner in (entry, *parts) for h in _children(owner / "holders")
            ),
            partitions=tuple(filter(None, (_attribute(part / "dev") for part in parts))),
        )

    def _identity(self, entry: Path, node: str) -> _Identity:
        """Ask the disk itself first, then sysfs; udev's database can be stale and comes last."""
        if NVME_DISK.fullmatch(entry.name) and (said := self._controller(node)):
            return _Identity(
                serial=said.serial or None, model=said.model, device_name=said.device_name
            )
        model = _attribute(entry / "device" / "model") or ""
        # NVMe and SCSI keep it with the device, virtio with the disk.
        for attribute in (entry / "device" / "serial", entry / "serial"):
            if serial := _attribute(attribute):
                return _Identity(serial=serial, model=model)
        if XEN_DISK.fullmatch(entry.name) and _is_xen(entry):
            return _Identity(device_name=entry.name)
        known = self._udev(node)
        return _Identity(serial=known.serial, model=model or known.model)

    def _controller(self, node: str) -> NvmeIdentity | None:
        """Return what the controller says; None without the right to ask, or with no answer."""
        try:
            page = self._identify(node)
        except OSError as error:
            log.debug("controller_not_identified", device=node, error=str(error))
            return None
        return parse_identity(page)


def _is_xen(entry: Path) -> bool:
    try:
        return (entry / "device" / "subsystem").resolve().name == "xen"
    except OSError:
        return False


def _children(directory: Path) -> Iterator[Path]:
    try:
        yield from sorted(directory.iterdir())
    except OSError:
        return


def _count(path: Path) -> int | None:
    text = _attribute(path) or ""
    return int(text) if COUNT.fullmatch(text) else None


def _attribute(path: Path) -> str | None:
    """Read a sysfs attribute: None if it is not there; padding is not part of it."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip("\0 \n") or None
    except OSError:
        return None
