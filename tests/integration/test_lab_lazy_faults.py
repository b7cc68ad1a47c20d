"""A lazily loaded volume whose reads fail, hang or have no disk any more; and one with files."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ladybug_lab.errors import LabError
from ladybug_lab.shell import run
from ladybug_lab.volumes.image import make_image
from ladybug_lab.volumes.lazy.volume import (
    BLOCK_BYTES,
    LazyRules,
    LazyVolume,
    Request,
    drop_page_cache,
    lazy_volume,
)
from support.direct_reads import read, read_all

pytestmark = pytest.mark.integration

BLOCKS = 16
FAULTY = (4 * BLOCK_BYTES, 5 * BLOCK_BYTES)
PROMPT = LazyRules(first_touch_s=0.001, base_s=0.0)
WAIT_S = 10.0
IO_ERROR = "Input/output error"
CONTENT = bytes(range(256)) * 32768


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[LazyVolume]:
    image = tmp_path / "image"
    image.write_bytes(b"".join(bytes([number]) * BLOCK_BYTES for number in range(BLOCKS)))
    with lazy_volume(image, PROMPT) as attached:
        yield attached


def test_a_read_within_the_range_fails_and_touches_nothing(volume: LazyVolume) -> None:
    volume.fail_reads(*FAULTY)
    with pytest.raises(OSError, match=IO_ERROR):
        read(volume.node, FAULTY[1] - 4096, 8192)
    assert read(volume.node, FAULTY[0] - 4096) == bytes([3]) * 4096
    assert read(volume.node, FAULTY[1]) == bytes([5]) * 4096
    assert (volume.touched(), len(volume.requests())) == ((3, 5), 3)
    volume.release()
    assert read(volume.node, FAULTY[0]) == bytes([4]) * 4096


def test_an_error_may_pass_by_itself(volume: LazyVolume) -> None:
    volume.fail_reads(*FAULTY, times=2)
    for _ in range(2):
        with pytest.raises(OSError, match=IO_ERROR):
            read(volume.node, FAULTY[0])
        read(volume.node, 0)
    assert read(volume.node, FAULTY[0]) == bytes([4]) * 4096


def test_several_ranges_may_be_faulty_at_once(volume: LazyVolume) -> None:
    volume.fail_reads(0, 1, times=1)
    volume.fail_reads(*FAULTY)
    for offset in (0, FAULTY[0]):
        with pytest.raises(OSError, match=IO_ERROR):
            read(volume.node, offset)
    assert read(volume.node, 0) == bytes(4096)


def test_a_hung_read_holds_up_no_other_and_goes_on_after_the_release(volume: LazyVolume) -> None:
    volume.hang_reads(*FAULTY)
    with ThreadPoolExecutor(1) as pool:
        hung = pool.submit(read, volume.node, FAULTY[0])
        volume.await_blocked(WAIT_S)
        read_all(volume.node, [0, BLOCK_BYTES, 6 * BLOCK_BYTES])
        assert not hung.done()
        assert 4 not in volume.touched()
        volume.release()
        assert hung.result(WAIT_S) == bytes([4]) * 4096
    assert volume.touched()[-1] == 4


def test_no_hung_read_is_reported_when_none_hangs(volume: LazyVolume) -> None:
    with pytest.raises(LabError, match=r"no read of image hung within 0\.01 s"):
        volume.await_blocked(0.01)


def test_a_disk_that_vanishes_fails_every_read_also_those_that_hang(volume: LazyVolume) -> None:
    assert read(volume.node, 0) == bytes(4096)
    volume.hang_reads(*FAULTY)
    with ThreadPoolExecutor(1) as pool:
        hung = pool.submit(read, volume.node, FAULTY[0])
        volume.await_blocked(WAIT_S)
        volume.vanish()
        with pytest.raises(OSError, match=IO_ERROR):
            hung.result(WAIT_S)
    volume.release()
    volume.make_cold()
    with pytest.raises(OSError, match=IO_ERROR):
        read(volume.node, 0)


def test_a_fault_without_a_byte_or_a_turn_is_refused(volume: LazyVolume) -> None:
    with pytest.raises(LabError, match=r"no byte lies in \[4096, 4096\)"):
        volume.hang_reads(4096, 4096)
    with pytest.raises(LabError, match="a fault cannot happen 0 times"):
        volume.fail_reads(*FAULTY, times=0)


def test_more_faults_than_there_is_room_for_are_refused(volume: LazyVolume) -> None:
    for number in range(16):
        volume.fail_reads(number, number + 1)
    with pytest.raises(LabError, match="all 16 places for faults are in use"):
        volume.fail_reads(*FAULTY)
    volume.release()
    volume.fail_reads(*FAULTY)


@pytest.fixture(scope="module")
def filesystem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an image with XFS on it and one file of 8 MiB, 16 blocks."""
    directory = tmp_path_factory.mktemp("filesystem")
    (directory / "content").mkdir()
    (directory / "content" / "data").write_bytes(CONTENT)
    make_image(directory / "image", content=directory / "content", size_bytes=300 * 2**20)
    return directory / "image"


def blocks_of(requests: tuple[Request, ...]) -> tuple[int, ...]:
    """Return the blocks in the order in which these requests touch them first."""
    touched: dict[int, None] = {}
    for one in requests:
        last = (one.offset + one.length - 1) // BLOCK_BYTES
        touched |= dict.fromkeys(range(one.offset // BLOCK_BYTES, last + 1))
    return tuple(touched)


def test_a_filesystem_on_it_is_read_right_and_slowly(filesystem: Path, tmp_path: Path) -> None:
    with lazy_volume(filesystem, LazyRules(first_touch_s=0.02)) as volume:
        # Even a read-only mount writes to the journal of XFS, and that touches blocks as well.
        run(["blockdev", "--setro", str(volume.node)], timeout_s=WAIT_S)
        for _ in ("once", "cold again"):
            started = time.monotonic()
            run(["mount", "--read-only", str(volume.node), str(tmp_path)], timeout_s=WAIT_S)
            assert (tmp_path / "data").read_bytes() == CONTENT
            run(["umount", str(tmp_path)], timeout_s=WAIT_S)
            assert time.monotonic() - started > 0.02 * 16
            assert 16 <= len(volume.touched()) <= 48
            assert volume.touched() == blocks_of(volume.requests())
            volume.make_cold()


def test_a_file_that_was_read_is_read_again_without_the_page_cache(
    filesystem: Path, tmp_path: Path
) -> None:
    with lazy_volume(filesystem, PROMPT) as volume:
        run(["mount", "--read-only", str(volume.node), str(tmp_path)], timeout_s=WAIT_S)
        (tmp_path / "data").read_bytes()
        once = len(volume.requests())
        (tmp_path / "data").read_bytes()
        assert len(volume.requests()) == once
        drop_page_cache()
        (tmp_path / "data").read_bytes()
        assert len(volume.requests()) > once
        run(["umount", str(tmp_path)], timeout_s=WAIT_S)


def test_a_mount_that_hangs_goes_on_after_the_release(filesystem: Path, tmp_path: Path) -> None:
    with lazy_volume(filesystem, PROMPT) as volume:
        volume.hang_reads(0, 4096)
        argv = ["mount", "--read-only", "--types", "xfs", str(volume.node), str(tmp_path)]
        with subprocess.Popen(argv) as mount:
            volume.await_blocked(WAIT_S)
            assert mount.poll() is None
            volume.release()
            assert mount.wait(WAIT_S) == 0
        run(["umount", str(tmp_path)], timeout_s=WAIT_S)
