"""What mount(8) and the kernel say to an image."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ladybug_lab.volumes.image import LoopDevice, attach, detach

_RECORD_BYTES = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class MountAttempt:
    """`names` are the files that were seen, `kernel` what it logged about the device."""

    status: int
    complaint: str
    kernel: str
    names: set[str]


def attempt_mount(image: Path, *options: str, seal: bool = False) -> MountAttempt:
    """Mount the image read-only by way of a loop device, look, and take all of it down."""
    device = attach(image)
    try:
        if seal:
            subprocess.run(["blockdev", "--setro", str(device.node)], check=True)
        return _attempt(device, options)
    finally:
        detach(device)


def _attempt(device: LoopDevice, options: Sequence[str]) -> MountAttempt:
    with tempfile.TemporaryDirectory() as target, _new_records() as records:
        argv = ["mount", "--read-only", *options, str(device.node), target]
        done = subprocess.run(argv, check=False, capture_output=True, text=True)
        try:
            names = {entry.name for entry in Path(target).iterdir()}
        finally:
            if done.returncode == 0:
                subprocess.run(["umount", target], check=True)
        return MountAttempt(
            status=done.returncode,
            complaint=done.stderr,
            kernel="\n".join(line for line in records if device.node.name in line),
            names=names - {"lost+found"},
        )


def blkid_probe(image: Path) -> tuple[int, dict[str, str]]:
    """Return the exit status of `blkid -p` and the tags that it found."""
    argv = ["blkid", "-p", "-o", "export", str(image)]
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    return done.returncode, dict(line.split("=", 1) for line in done.stdout.splitlines())


@contextmanager
def _new_records() -> Iterator[Iterator[str]]:
    """Give what the kernel has logged since, when it is read."""
    kernel = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    try:
        os.lseek(kernel, 0, os.SEEK_END)
        yield _records(kernel)
    finally:
        os.close(kernel)


def _records(kernel: int) -> Iterator[str]:
    with suppress(BlockingIOError):  # no more
        while True:
            record = os.read(kernel, _RECORD_BYTES).decode(errors="replace")
            yield record.partition(";")[2].strip()
