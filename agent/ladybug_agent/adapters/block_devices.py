"""Block devices by sysfs, blkid(8) and ioctl(2); udev only adds events and what sysfs lacks."""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from ladybug_agent.adapters.commands import run_command
from ladybug_agent.adapters.udev import udev_serial, watch_block_devices
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure, NotYet, Refused
from ladybug_agent.storage_model import BlockDevice, FilesystemProbe
from ladybug_agent.storage_ports import DeviceWatch

SYSFS = Path("/sys")
SECTOR_BYTES = 512  # the unit of /sys/block/*/size, whatever the device's own sector size
BLKROSET = 0x125D  # linux/fs.h
BLKROGET = 0x125E
BLKID_NOTHING_FOUND = 2  # blkid(8), also for a device it cannot read
BLKID_AMBIVALENT = 8


class KernelBlockDevices:
    """Reads `/sys/block`, so that it works before udevd has run, or without it."""

    def __init__(
        self, sysfs: Path = SYSFS, serial_of: Callable[[str], str | None] = udev_serial
    ) -> None:
        self._sysfs = sysfs
        self._serial_of = serial_of

    def watch(self) -> AbstractContextManager[DeviceWatch]:
        return watch_block_devices()

    def disks(self) -> tuple[BlockDevice, ...]:
        found = (self._disk(entry) for entry in sorted((self._sysfs / "block").iterdir()))
        return tuple(disk for disk in found if disk is not None)

    def _disk(self, entry: Path) -> BlockDevice | None:
        """Read one disk; None for one that vanishes meanwhile or has no medium."""
        device_number = _attribute(entry / "dev")
        size_bytes = int(_attribute(entry / "size") or 0) * SECTOR_BYTES
        if device_number is None or size_bytes == 0:
            return None
        node = "/dev/" + entry.name.replace("!", "/")
        sequence = _attribute(entry / "diskseq")
        return BlockDevice(
            node=node,
            device_number=device_number,
            size_bytes=size_bytes,
            serial=self._serial(entry, node),
            disk_sequence=int(sequence) if sequence else None,
        )

    def _serial(self, entry: Path, node: str) -> str | None:
        # NVMe and SCSI keep it with the device, virtio with the disk. udev's database can be
        # stale and comes last, for devices whose serial only a udev rule knows.
        for attribute in (entry / "device" / "serial", entry / "serial"):
            if serial := _attribute(attribute):
                return serial
        return self._serial_of(node)

    def probe(self, node: str, deadline: Deadline) -> FilesystemProbe:
        # A process of its own can be killed when the first read of an impaired volume hangs.
        result = run_command(
            ["blkid", "--probe", "--output", "export", node],
            deadline=deadline,
            good=frozenset({0, BLKID_NOTHING_FOUND, BLKID_AMBIVALENT}),
        )
        if result.status == BLKID_AMBIVALENT:
            raise Refused(
                "filesystem_ambiguous",
                f"{node} carries signatures of more than one filesystem",
                hint="look with `wipefs DEVICE` (without --all); the snapshot's origin is suspect",
            )
        if result.status == BLKID_NOTHING_FOUND:
            _refuse_unreadable(node, deadline)
        return parse_blkid(result.stdout)

    def is_sealed(self, node: str) -> bool:
        with _opened(node) as handle:
            answer = fcntl.ioctl(handle, BLKROGET, struct.pack("i", 0))
        return bool(struct.unpack("i", answer)[0])

    def set_sealed(self, node: str, *, sealed: bool) -> None:
        with _opened(node) as handle:
            fcntl.ioctl(handle, BLKROSET, struct.pack("i", int(sealed)))


def _refuse_unreadable(node: str, deadline: Deadline) -> None:
    """Tell a blank device from one that blkid could not read: it has one status for both."""
    if not Path(node).exists():
        # The kernel shows the disk in sysfs a moment before its node is made.
        raise NotYet(
            "device_not_visible", f"the kernel shows {node}, but there is no such node yet"
        )
    try:
        run_command(
            ["dd", f"if={node}", "of=/dev/null", "bs=4096", "count=1", "status=none"],
            deadline=deadline,
        )
    except ExternalFailure as error:
        raise ExternalFailure(
            "device_unreadable",
            f"cannot read the first block of {node}",
            hint="is the volume impaired? `aws ec2 describe-volume-status`; look in `dmesg`",
        ) from error


@contextmanager
def _opened(node: str) -> Iterator[int]:
    """Open a device for reading: enough for ioctls, and it never triggers a change event."""
    try:
        handle = os.open(node, os.O_RDONLY | os.O_CLOEXEC)
        try:
            yield handle
        finally:
            os.close(handle)
    except OSError as error:
        raise ExternalFailure(
            "device_unreadable",
            f"cannot read or set whether {node} is sealed",
            hint="run as root; if the device is gone, was the volume detached?",
        ) from error


def parse_blkid(text: str) -> FilesystemProbe:
    """Parse `blkid --output export`: one KEY=value a line, nothing for a blank device.

    >>> parse_blkid("DEVNAME=/dev/nvme1n1\\nUUID=f00\\nTYPE=xfs\\n").filesystem
    'xfs'
    """
    pairs = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    return FilesystemProbe(
        filesystem=pairs.get("TYPE"), uuid=pairs.get("UUID"), partition_table=pairs.get("PTTYPE")
    )


def _attribute(path: Path) -> str | None:
    """Read a sysfs attribute: None if it is not there; padding is not part of it."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip("\0 \n") or None
    except OSError:
        return None
