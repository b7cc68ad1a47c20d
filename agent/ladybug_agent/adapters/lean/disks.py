"""What the kernel and udev know of the disk with a device number, by reading files."""

from __future__ import annotations

from pathlib import Path

SYSFS = Path("/sys")
UDEV = Path("/run/udev/data")


class LeanDisks:
    """Reads sysfs and udev's database; neither waits for the disk."""

    def __init__(self, sysfs: Path = SYSFS, udev: Path = UDEV) -> None:
        self._sysfs = sysfs
        self._udev = udev

    def is_there(self, device_number: str) -> bool:
        """Return whether the kernel has the disk, with a size: an unused loop device has none."""
        return (_text(self._sysfs / "dev/block" / device_number / "size") or "0") != "0"

    def serial(self, device_number: str) -> str:
        """Return the serial number, as the boot's look does: sysfs first; empty if unknown."""
        entry = self._sysfs / "dev/block" / device_number
        for attribute in (entry / "device/serial", entry / "serial"):
            if found := _text(attribute):
                return found
        lines = (_text(self._udev / f"b{device_number}") or "").splitlines()
        prefix = "E:ID_SERIAL_SHORT="
        return next((line.removeprefix(prefix) for line in lines if line.startswith(prefix)), "")

    def sequence(self, device_number: str) -> int:
        """Return which disk of this boot it is; 0 where the kernel does not number them."""
        text = _text(self._sysfs / "dev/block" / device_number / "diskseq") or ""
        return int(text) if text.isdecimal() else 0

    def is_sealed(self, device_number: str) -> bool:
        """Return whether the kernel refuses to write to the disk (`/sys/dev/block/*/ro`)."""
        return _text(self._sysfs / "dev/block" / device_number / "ro") == "1"


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip("\0 \n") or None
    except OSError:
        return None
