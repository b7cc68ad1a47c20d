"""Reads of a pinned disk around the page cache, as the background makes them, on a real one."""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import subprocess
from pathlib import Path

import pytest

from contract.support.loops import disk_at, pinned_loop
from ladybug_agent.adapters.block_devices import KernelBlockDevices
from ladybug_agent.adapters.page_cache import KernelPageCache
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.errors import ExternalFailure, Refused
from ladybug_agent.model.hydration import BLOCK_BYTES
from ladybug_agent.resources.hydration.crew import Crew
from ladybug_agent.resources.hydration.pieces import Piece
from ladybug_agent.resources.hydration.reads import ReadFailure
from ladybug_lab.volumes.faulty_file import faulty_file
from ladybug_lab.volumes.image import LoopDevice

pytestmark = pytest.mark.integration

LOOP_CHANGE_FD = 0x4C06  # linux/loop.h
MIB = 2**20
SIZE = 4 * MIB
BAD = MIB + 64 * 1024
FILLED = b"ladybug " * 512


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image"
    path.write_bytes(FILLED * (SIZE // len(FILLED)))
    return path


def read(handle: int, offset: int, length: int = BLOCK_BYTES) -> bytes:
    with mmap.mmap(-1, length) as buffer:  # on a page boundary, as O_DIRECT wants it
        return buffer[: os.preadv(handle, [buffer], offset)]


def test_whole_blocks_are_read_to_the_last(image: Path) -> None:
    with pinned_loop(image) as device, device.opened_direct() as handle:
        for offset in range(0, SIZE, BLOCK_BYTES):
            assert read(handle, offset) == FILLED * (BLOCK_BYTES // len(FILLED))


def test_what_is_read_so_is_not_in_the_page_cache(image: Path) -> None:
    with (
        pinned_loop(image) as device,
        device.opened_direct() as handle,
        Path(device.disk.node).open("rb") as node,
    ):
        os.posix_fadvise(node.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        read(handle, MIB)
        found = KernelPageCache().resident(node.fileno(), SIZE)
    assert [run for run in found if run.start >= MIB // 4096] == []


def test_the_descriptor_is_closed_at_the_end(image: Path) -> None:
    with pinned_loop(image) as device:
        with device.opened_direct() as handle:
            assert fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_DIRECT
            assert not os.get_inheritable(handle)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(handle)


def test_a_disk_that_was_replaced_is_not_opened(image: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(bytes(SIZE))
    # Only a read-only loop device lets its file be exchanged.
    argv = ["losetup", "--read-only", "--find", "--show", str(image)]
    made = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()
    loop = LoopDevice(node=Path(made), image=image)
    try:
        with KernelBlockDevices().pin(disk_at(loop)) as device:
            with loop.node.open("rb") as node, other.open("rb") as file:
                fcntl.ioctl(node, LOOP_CHANGE_FD, file.fileno())
            with pytest.raises(Refused) as refusal, device.opened_direct():
                pytest.fail("it was opened")
    finally:
        subprocess.run(["losetup", "--detach", made], check=True)
    assert refusal.value.code == "device_replaced"


def test_a_read_that_fails_has_its_errno(image: Path) -> None:
    with faulty_file(image) as faulty, pinned_loop(faulty.path) as device:
        subprocess.run(["udevadm", "settle"], check=True)
        faulty.fail_reads(MIB, MIB + 4096)
        with device.opened_direct() as handle:
            with pytest.raises(OSError, match="Input/output error") as failure:
                read(handle, MIB)
            assert failure.value.errno == errno.EIO
            assert len(read(handle, 2 * MIB)) == BLOCK_BYTES


def crew(failures: list[ReadFailure]) -> Crew:
    def explain(failure: ReadFailure) -> ExternalFailure:
        failures.append(failure)
        return ExternalFailure("hydration_read_failed", "as it was wanted")

    return Crew(deadline=Deadline.after(30, SystemClock()), workers=4, stall_s=10, explain=explain)


def test_a_disk_that_shrinks_to_nothing_is_not_read_to_its_end(image: Path) -> None:
    """So a disk looks that was detached: a read of it ends well, and gives nothing."""
    failures: list[ReadFailure] = []
    with pinned_loop(image) as device, device.opened_direct() as handle:
        os.truncate(image, 0)
        subprocess.run(["losetup", "--set-capacity", device.disk.node], check=True)
        assert read(handle, 0) == b""
        pieces = [Piece(handle, n * BLOCK_BYTES, BLOCK_BYTES, n) for n in range(8)]
        with pytest.raises(ExternalFailure):
            crew(failures).read(pieces)
    assert failures


def test_an_error_in_the_middle_of_a_file_is_not_read_over(image: Path) -> None:
    """The kernel gives what comes before the page that cannot be read, and no error."""
    failures: list[ReadFailure] = []
    with faulty_file(image) as faulty:
        faulty.fail_reads(BAD, BAD + 4096)
        handle = os.open(faulty.path, os.O_RDONLY)
        try:
            with pytest.raises(ExternalFailure):
                crew(failures).read([Piece(handle, MIB, BLOCK_BYTES, 2)])
        finally:
            os.close(handle)
    assert failures[0].error.errno == errno.EIO
    assert MIB <= failures[0].at <= BAD
