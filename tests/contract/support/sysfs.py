"""A tree of files such as the kernel shows below `/sys`."""

from __future__ import annotations

from pathlib import Path


class FakeSysfs:
    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "block").mkdir(parents=True)

    def add(self, name: str, number: str, *, sectors: int = 2048, **attributes: str) -> Path:
        """Add a disk; in the name of an attribute, `__` stands for a slash."""
        disk = self.root / "block" / name
        _write(disk, {"dev": number, "size": str(sectors), **attributes})
        return disk

    def add_partition(self, disk: Path, name: str, number: str) -> Path:
        part = disk / name
        _write(part, {"dev": number, "partition": "1"})
        return part

    def make_xen(self, disk: Path) -> None:
        """Give the disk the links that the driver of Xen's block devices gives it."""
        bus, device = self.root / "bus" / "xen", self.root / "devices" / f"vbd-{disk.name}"
        bus.mkdir(parents=True, exist_ok=True)
        device.mkdir(parents=True)
        (device / "subsystem").symlink_to(bus)
        (disk / "device").symlink_to(device)


def hold(owner: Path, holder: str) -> None:
    """Stack something on a disk or a partition."""
    (owner / "holders").mkdir(exist_ok=True)
    (owner / "holders" / holder).symlink_to(f"../../{holder}")


def _write(directory: Path, contents: dict[str, str]) -> None:
    for attribute, text in contents.items():
        path = directory / attribute.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", encoding="ascii")
