"""Volumes in the states that snapshots come in."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ladybug_lab.volume import LoopDevice, attach, detach


def is_sealed(device: LoopDevice) -> bool:
    argv = ["blockdev", "--getro", str(device.node)]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip() == "1"


def journal_is_dirty(device: LoopDevice) -> bool:
    argv = ["xfs_logprint", "-t", str(device.node)]
    return "<DIRTY>" in subprocess.run(argv, check=True, capture_output=True, text=True).stdout


@contextmanager
def writable(image: Path) -> Iterator[Path]:
    """Mount an image, writable, and unmount it cleanly."""
    device = attach(image)
    with tempfile.TemporaryDirectory() as target:
        subprocess.run(["mount", str(device.node), target], check=True)
        try:
            yield Path(target)
        finally:
            subprocess.run(["umount", target], check=True)
            detach(device)


def make_journal_dirty(image: Path) -> None:
    """Leave the name of the databases directory in the journal only, as a crash would.

    The image is copied under a live mount: that is what a snapshot of a mounted volume is.
    """
    with writable(image) as content:
        (content / "databases").rename(content / "elsewhere")
    copy = image.with_name("copy")
    with writable(image) as content:
        (content / "elsewhere").rename(content / "databases")
        _sync_directory(content)
        subprocess.run(["cp", "--sparse=always", str(image), str(copy)], check=True)
    copy.replace(image)


def make_blank(image: Path) -> None:
    """Make the image what a new volume is, on which nobody made a filesystem."""
    size_bytes = image.stat().st_size
    os.truncate(image, 0)
    os.truncate(image, size_bytes)


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
