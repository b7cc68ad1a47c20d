"""Volumes in the states that snapshots come in."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from ladybug_lab.volumes.image import LoopDevice, attach, detach, make_image

GIB = 2**30
_CHUNK_BYTES = 64 * 1024
_NOTHING = bytes(_CHUNK_BYTES)


def make_volume(
    image: Path, *, content: Path, gib: int = 1, filesystem: Literal["xfs", "ext4"] = "xfs"
) -> Path:
    """Make a sparse image of a whole number of GiB, the unit in which EC2 tells a size."""
    make_image(image, content=content, size_bytes=gib * GIB, filesystem=filesystem)
    return image


def copy_image(image: Path, copy: Path) -> None:
    """Copy an image with its holes."""
    subprocess.run(["cp", "--sparse=always", str(image), str(copy)], check=True)


def is_sealed(device: LoopDevice) -> bool:
    argv = ["blockdev", "--getro", str(device.node)]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip() == "1"


def journal_is_dirty(device: LoopDevice) -> bool:
    return xfs_log_is_dirty(device.node)


def xfs_log_is_dirty(source: Path) -> bool:
    """Tell whether an image or a device would have to be replayed."""
    argv = ["xfs_logprint", "-t", str(source)]
    return "<DIRTY>" in subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def ext4_journal_is_dirty(source: Path) -> bool:
    """Tell the same of ext4."""
    argv = ["dumpe2fs", "-h", str(source)]
    told = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    return "needs_recovery" in told


def content_hash(image: Path) -> str:
    """Return a hash of what is written where; zeros and holes are the same. Size counts too.

    Fast on a sparse file. What a device over it has in its cache counts after a sync or unmount.
    """
    digest = hashlib.sha256(str(image.stat().st_size).encode())
    with image.open("rb", buffering=0) as file:
        for offset in _written_chunks(file.fileno()):
            chunk = os.pread(file.fileno(), _CHUNK_BYTES, offset)
            if chunk != _NOTHING[: len(chunk)]:
                digest.update(offset.to_bytes(8))
                digest.update(chunk)
    return digest.hexdigest()


def _written_chunks(handle: int) -> Iterator[int]:
    """Yield the offset of each chunk that is not all hole."""
    end = 0
    while True:
        try:
            start = os.lseek(handle, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole follows
                return
            raise
        hole = os.lseek(handle, start, os.SEEK_HOLE)
        first = max(start - start % _CHUNK_BYTES, end)
        end = hole + -hole % _CHUNK_BYTES
        yield from range(first, end, _CHUNK_BYTES)


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
        copy_image(image, copy)
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
