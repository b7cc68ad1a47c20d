"""A block device that is slow where it was never read: a stand-in for a restored EBS volume.

Its blocks come from S3 at their first touch, as those of a volume made from a snapshot. It is a
loop device over a FUSE view of an image; what the page cache holds is not asked of it again.
Measurements want the image on a tmpfs: there it is never read from this machine's own disk.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from ladybug_lab.errors import LabError
from ladybug_lab.shell import run
from ladybug_lab.volumes.image import attach, await_detached
from ladybug_lab.volumes.lazy.build import ensure_view_program
from ladybug_lab.volumes.lazy.memory import DiskMemory, FaultKind
from ladybug_lab.volumes.lazy.rules import BLOCK_BYTES, LazyRules, Request
from ladybug_lab.volumes.udev import let_udev_look, udevd_answers
from ladybug_lab.volumes.view_process import view_process

__all__ = [
    "BLOCK_BYTES",
    "LazyRules",
    "LazyVolume",
    "Request",
    "drop_page_cache",
    "lazy_volume",
]

_BLKFLSBUF = 0x1261  # linux/fs.h
_POLL_S = 0.001
_TIMEOUT_S = 30.0
_QUEUE_SETTINGS = {"read_ahead_kb": 128, "max_sectors_kb": 1024}
_INSTANT = LazyRules(first_touch_s=0.0, base_s=0.0)
_DROP_CACHES = Path("/proc/sys/vm/drop_caches")


class LazyVolume:
    """The volume: `node` is the block device, `image` the file that it shows.

    Offsets are bytes, `end` is exclusive. All is counted that reaches the device, udev's looks at
    it and the reading ahead of the kernel included. A write fetches the blocks that it touches,
    as a read does, and is not among the requests.
    """

    def __init__(self, node: Path, image: Path, memory: DiskMemory, handle: int) -> None:
        self.node = node
        self.image = image
        self._memory = memory
        self._handle = handle

    def touched(self) -> tuple[int, ...]:
        """The numbers of the blocks that were touched, in order of their first touch."""
        return self._memory.touched()

    def requests(self) -> tuple[Request, ...]:
        """Every read since the device was made cold, also those that failed or hang.

        The kernel splits a long one: a MiB in scattered memory arrives as two or three.
        """
        return self._memory.requests()

    def make_cold(self) -> None:
        """Make all blocks untouched and the logs empty; faults stay.

        The cache of the device itself goes too (BLKFLSBUF). What a mounted filesystem has cached
        is beyond that: unmount it before, and `drop_page_cache` if anything else read its files.
        """
        fcntl.ioctl(self._handle, _BLKFLSBUF)
        self._memory.make_cold()

    def set_rules(self, rules: LazyRules) -> None:
        """Change all but the number of threads, from the next request on."""
        self._memory.set_rules(rules)

    def fail_reads(self, start: int, end: int, *, times: int | None = None) -> None:
        """Let reads of the range end with EIO: the next `times`, or all. They touch no block.

        The kernel may read twice for one reader: ahead, and once more what it lacks.
        """
        self._memory.add_fault(FaultKind.FAIL, start, end, times)

    def hang_reads(self, start: int, end: int) -> None:
        """Let every read of the range wait for `release`; as many at once as there are threads."""
        self._memory.add_fault(FaultKind.HANG, start, end, None)

    def release(self) -> None:
        """Take all faults away; reads that hang go on within a millisecond or two."""
        self._memory.clear_faults()

    def await_blocked(self, timeout_s: float) -> None:
        """Block until a read hangs; raise `LabError` if none does in time."""
        give_up = time.monotonic() + timeout_s
        while not self._memory.blocked_count():
            if time.monotonic() > give_up:
                raise LabError(f"no read of {self.image.name} hung within {timeout_s:g} s")
            time.sleep(_POLL_S)

    def vanish(self) -> None:
        """Detach the disk under its users, for good: reads and writes fail, also those that hang.

        The node stays, as that of a real disk does for those who hold it open.
        """
        self._memory.vanish()


@contextlib.contextmanager
def lazy_volume(image: Path, rules: LazyRules) -> Iterator[LazyVolume]:
    """Attach the image, until the end, as a volume of which nothing was read yet.

    It takes a tenth of a second. An image named `vol-<hex>` also has its EBS serial in udev. When
    this process dies the view ends, and the device with it as soon as nothing has it mounted.
    Raises `LabError`, in the end also where something still has the device open.
    """
    image = image.resolve()
    with ExitStack() as stack:
        view, memory = stack.enter_context(_lazy_view(image, rules.threads))
        node, handle = stack.enter_context(_loop_over(view))
        stack.callback(memory.set_rules, _INSTANT)
        stack.callback(memory.clear_faults)
        volume = LazyVolume(node, image, memory, handle)
        volume.make_cold()
        volume.set_rules(rules)
        yield volume


@contextlib.contextmanager
def _lazy_view(image: Path, threads: int) -> Iterator[tuple[Path, DiskMemory]]:
    program = ensure_view_program()
    with os.fdopen(os.memfd_create("lazy-volume"), "r+b") as shared:
        fd = shared.fileno()
        argv = [str(program), str(image), str(fd), tempfile.gettempdir(), str(threads)]
        with view_process(argv, pass_fds=[fd]) as view:
            yield view.mount_point / image.name, DiskMemory(fd)


@contextlib.contextmanager
def _loop_over(view: Path) -> Iterator[tuple[Path, int]]:
    """Attach a loop device that is held open, and that goes when its last user closes it."""
    device = attach(view, direct_io=True)
    handle = os.open(device.node, os.O_RDONLY)
    try:
        run(["losetup", "--detach", str(device.node)], timeout_s=_TIMEOUT_S)
        for setting, value in _QUEUE_SETTINGS.items():  # they outlive an earlier use of the number
            Path(f"/sys/block/{device.node.name}/queue/{setting}").write_text(f"{value}\n")
        if udevd_answers():
            let_udev_look(device.node)  # now, or it would count as touches
        yield device.node, handle
    finally:
        os.close(handle)
        await_detached(device)


def drop_page_cache() -> None:
    """Drop the page cache of the whole machine, where a measurement needs a cold start."""
    os.sync()
    _DROP_CACHES.write_text("3\n", encoding="ascii")
