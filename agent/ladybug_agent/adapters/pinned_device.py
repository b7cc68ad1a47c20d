"""One disk, held open: read, probed and sealed only while it still is that disk."""

from __future__ import annotations

import fcntl
import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ladybug_agent.adapters.commands import close_elsewhere, run_command
from ladybug_agent.adapters.filesystem_tools import JOURNAL_TOOLS, judge_journal, parse_blkid
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure, Refused
from ladybug_agent.model.storage import BlockDevice, FilesystemProbe, JournalState

# linux/fs.h
BLKROSET = 0x125D
BLKROGET = 0x125E
BLKGETSIZE64 = 0x80081272
BLKGETDISKSEQ = 0x80081280  # since Linux 5.15
BLOCK_BYTES = 4096
ONE_BLOCK_READ = "1+0 records in"  # dd(1)
BLKID_NOTHING_FOUND = 2  # blkid(8), also for a device it cannot read
BLKID_AMBIVALENT = 8


@contextmanager
def pinned(disk: BlockDevice) -> Iterator[KernelPinnedDevice]:
    """Open the disk, for reading: enough for ioctls, and it never triggers a change event."""
    try:
        handle = os.open(disk.node, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise _gone(disk) from error
    device = KernelPinnedDevice(disk, handle)
    try:
        device.check()
        yield device
    except BaseException:
        # Whatever it was, it goes on: but a read may hang, and must not hold up who tells of it.
        device.seal_if_opened()
        close_elsewhere(handle)
        raise
    os.close(handle)


class KernelPinnedDevice:
    def __init__(self, disk: BlockDevice, handle: int) -> None:
        self._disk = disk
        self._handle = handle
        self._is_open_for_writing = False

    @property
    def disk(self) -> BlockDevice:
        return self._disk

    def check(self) -> None:
        wanted = self._disk
        try:
            numbers = {
                _device_number(os.fstat(self._handle)),
                _device_number(Path(wanted.node).stat()),
            }
        except OSError as error:
            raise _gone(wanted) from error
        sequence = self._disk_sequence()
        if numbers != {wanted.device_number} or sequence not in {wanted.disk_sequence, None}:
            found = f"{', '.join(sorted(numbers))} with disk sequence number {sequence}"
            raise Refused(
                "device_replaced",
                f"wanted {wanted.node} to be {wanted.device_number} with disk sequence number"
                f" {wanted.disk_sequence}, found {found}",
                hint="the volume was detached, and another attached, meanwhile: run the boot again",
            )

    def _disk_sequence(self) -> int | None:
        try:
            answer = fcntl.ioctl(self._handle, BLKGETDISKSEQ, bytes(8))
        except OSError:
            return None  # a kernel before 5.15
        return int.from_bytes(answer, sys.byteorder)

    def size_bytes(self) -> int:
        self.check()
        with self._errors("ask for its size"):
            return int.from_bytes(fcntl.ioctl(self._handle, BLKGETSIZE64, bytes(8)), sys.byteorder)

    @contextmanager
    def opened_direct(self) -> Iterator[int]:
        self.check()
        with self._errors("read it around the page cache"):
            # By our own descriptor: the node may be another disk's in a moment.
            handle = os.open(f"/proc/self/fd/{self._handle}", os.O_RDONLY | os.O_DIRECT)
        try:
            yield handle
        except BaseException:
            close_elsewhere(handle)  # a read that was left behind must not hold us up
            raise
        os.close(handle)

    def read_block(self, offset: int, deadline: Deadline) -> None:
        self.check()
        block, node = offset // BLOCK_BYTES, self._disk.node
        result = run_command([
            "dd", f"if={node}", "of=/dev/null", f"bs={BLOCK_BYTES}", f"skip={block}", "count=1",
            "iflag=direct,fullblock", "status=noxfer",
        ], deadline=deadline)  # fmt: skip
        # At the very end dd(1) reads nothing, and ends well.
        if ONE_BLOCK_READ not in result.stderr:
            raise ExternalFailure(
                "device_unreadable",
                f"wanted {BLOCK_BYTES} bytes at byte {offset} of {node}, found its end",
                hint="did the volume shrink, or was it detached? run the boot again",
            )

    def probe(self, deadline: Deadline) -> FilesystemProbe:
        self.check()
        # A process of its own can be killed when the first read of an impaired volume hangs.
        result = run_command(
            ["blkid", "--probe", "--output", "export", self._disk.node],
            deadline=deadline,
            good=frozenset({0, BLKID_NOTHING_FOUND, BLKID_AMBIVALENT}),
        )
        if result.status == BLKID_AMBIVALENT:
            raise Refused(
                "filesystem_ambiguous",
                f"{self._disk.node} carries signatures of more than one filesystem",
                hint="look with `wipefs DEVICE` (without --all); the snapshot's origin is suspect",
            )
        return parse_blkid(result.stdout)

    def journal(self, filesystem: str, deadline: Deadline) -> JournalState:
        self.check()
        argv, pattern = JOURNAL_TOOLS[filesystem]
        try:
            result = run_command([*argv, self._disk.node], deadline=deadline)
        except ExternalFailure:
            return "unknown"  # no tool, or a broken journal: the mount of the sealed device tells
        return judge_journal(pattern.search(result.stdout))

    def is_sealed(self) -> bool:
        self.check()
        with self._errors("ask whether it is sealed"):
            return any(fcntl.ioctl(self._handle, BLKROGET, bytes(4)))

    def set_sealed(self, *, sealed: bool) -> None:
        self.check()
        with self._errors("seal it" if sealed else "open it for writing"):
            fcntl.ioctl(self._handle, BLKROSET, struct.pack("i", int(sealed)))

    @contextmanager
    def opened_for_writing(self) -> Iterator[None]:
        self.set_sealed(sealed=False)
        self._is_open_for_writing = True
        try:
            yield
        finally:
            self.set_sealed(sealed=True)
            self._is_open_for_writing = False

    def seal_if_opened(self) -> None:
        """Seal what a branch that was left behind, in a replay that hangs, had opened."""
        if self._is_open_for_writing:
            with suppress(OSError):  # the disk is gone, and with it who could write
                fcntl.ioctl(self._handle, BLKROSET, struct.pack("i", 1))

    @contextmanager
    def _errors(self, act: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ExternalFailure(
                "device_refused",
                f"wanted to {act}, {self._disk.node} does not let us",
                hint="run as root; if the device is gone, was the volume detached?",
            ) from error


def _device_number(status: os.stat_result) -> str:
    return f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"


def _gone(disk: BlockDevice) -> ExternalFailure:
    return ExternalFailure(
        "device_gone",
        f"wanted {disk.node} ({disk.serial}), found no such device that can be opened",
        hint="was the volume detached? look in `dmesg`, then replace the instance",
    )
