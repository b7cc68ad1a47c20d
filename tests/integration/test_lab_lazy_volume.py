"""A volume whose blocks come from elsewhere at their first touch: what is counted, and how long."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ladybug_lab.errors import LabError
from ladybug_lab.volumes.lazy.volume import BLOCK_BYTES, LazyRules, LazyVolume, lazy_volume
from ladybug_lab.volumes.udev import LINK_PREFIX, ensure_udevd, ensure_volume_rule
from support.direct_reads import read, read_all, timed_read

pytestmark = [pytest.mark.integration, pytest.mark.alone]

MIB = 2**20
BLOCKS = 64
SIZE_BYTES = BLOCKS * BLOCK_BYTES
ALL = [number * BLOCK_BYTES for number in range(BLOCKS)]
LATENCY_S = 0.1
RATE = 40e6
SLOW = LazyRules(first_touch_s=LATENCY_S, base_s=0.0)
PROMPT = LazyRules(first_touch_s=0.0, base_s=0.0)


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LazyVolume]:
    image = tmp_path_factory.mktemp("lazy") / "image"
    image.write_bytes(b"".join(bytes([number]) * BLOCK_BYTES for number in range(BLOCKS)))
    with lazy_volume(image, SLOW) as attached:
        yield attached


@pytest.fixture
def slow(volume: LazyVolume) -> LazyVolume:
    """All blocks are untouched."""
    volume.set_rules(SLOW)
    volume.make_cold()
    return volume


def elapsed_since(started: float) -> float:
    return time.monotonic() - started


def test_a_new_volume_was_never_read(slow: LazyVolume) -> None:
    assert (slow.touched(), slow.requests()) == ((), ())


def test_the_first_touch_of_a_block_costs_the_latency_and_the_second_does_not(
    slow: LazyVolume,
) -> None:
    first = timed_read(slow.node, 5 * BLOCK_BYTES)
    second = timed_read(slow.node, 5 * BLOCK_BYTES + 4096)
    assert LATENCY_S <= first < 2 * LATENCY_S
    assert second < LATENCY_S / 2
    assert slow.touched() == (5,)


def test_every_request_costs_the_base_latency(slow: LazyVolume) -> None:
    read(slow.node, 0)
    slow.set_rules(LazyRules(first_touch_s=LATENCY_S, base_s=0.02))
    assert 0.02 <= timed_read(slow.node, 0) < 0.08


def test_requests_are_listed_as_they_came(slow: LazyVolume) -> None:
    for offset in (3 * BLOCK_BYTES, 0, 3 * BLOCK_BYTES):
        read(slow.node, offset, 8192)
    made = slow.requests()
    assert [one.offset for one in made] == [3 * BLOCK_BYTES, 0, 3 * BLOCK_BYTES]
    assert {one.length for one in made} == {8192}
    assert 0 <= made[0].at_s <= made[1].at_s - LATENCY_S <= made[2].at_s - 2 * LATENCY_S < 1


def test_blocks_are_listed_in_the_order_of_their_first_touch(slow: LazyVolume) -> None:
    order = (40, 3, 63, 0, 17, 62)
    for number in (*order, *reversed(order)):
        read(slow.node, number * BLOCK_BYTES)
    assert slow.touched() == order


def test_a_read_across_two_blocks_touches_both_for_one_latency(slow: LazyVolume) -> None:
    assert timed_read(slow.node, BLOCK_BYTES, MIB) < 1.8 * LATENCY_S
    assert slow.touched() == (1, 2)
    assert read(slow.node, 2 * BLOCK_BYTES - 4096, 8192) == b"\1" * 4096 + b"\2" * 4096


def test_a_block_is_counted_once_however_many_read_it(slow: LazyVolume) -> None:
    offsets = [offset for offset in ALL for _ in range(16)]
    read_all(slow.node, offsets, readers=64)
    assert sorted(slow.touched()) == list(range(BLOCKS))
    assert sorted(one.offset for one in slow.requests()) == sorted(offsets)


def test_a_second_reader_waits_for_the_fetch_that_is_under_way(slow: LazyVolume) -> None:
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(timed_read, slow.node, 0)
        while not slow.touched():
            time.sleep(0.001)
        time.sleep(LATENCY_S / 2)
        assert 0.2 * LATENCY_S < timed_read(slow.node, 4096) < 0.8 * LATENCY_S
        first.result()
    assert slow.touched() == (0,)


def test_first_touches_overlap(slow: LazyVolume) -> None:
    started = time.monotonic()
    read_all(slow.node, ALL, readers=64)
    assert LATENCY_S <= elapsed_since(started) < 4 * LATENCY_S
    assert len(slow.touched()) == BLOCKS


def bytes_per_s(volume: LazyVolume, length: int) -> float:
    """Read `length` of each block; return the rate of whole blocks, from the first one's end."""
    ends = read_all(volume.node, ALL, length, readers=32)
    return (SIZE_BYTES - BLOCK_BYTES) / (ends[-1] - ends[0])


@pytest.mark.parametrize("length", [4096, BLOCK_BYTES])
def test_whole_blocks_are_fetched_at_the_rate_of_the_store(slow: LazyVolume, length: int) -> None:
    slow.set_rules(LazyRules(first_touch_s=0.0, base_s=0.0, fetch_bytes_per_s=RATE))
    assert bytes_per_s(slow, length) == pytest.approx(RATE, rel=0.05)
    assert bytes_per_s(slow, length) > 3 * RATE


def test_the_bytes_that_are_read_are_limited_by_the_rate_of_the_volume(slow: LazyVolume) -> None:
    slow.set_rules(LazyRules(first_touch_s=0.0, base_s=0.0, volume_bytes_per_s=RATE))
    for _ in ("first touches", "second touches"):
        assert bytes_per_s(slow, BLOCK_BYTES) == pytest.approx(RATE, rel=0.05)
    assert bytes_per_s(slow, 4096) > 3 * RATE


def test_made_cold_it_forgets_what_was_touched_and_what_the_kernel_has_cached(
    slow: LazyVolume,
) -> None:
    for _ in ("once", "again"):
        with slow.node.open("rb") as cached:
            assert cached.read(4096) == bytes(4096)
            cached.seek(0)
            cached.read(4096)
        assert (slow.touched()[0], slow.requests()[0].offset) == (0, 0)
        assert [one.offset for one in slow.requests()].count(0) == 1
        slow.make_cold()
        assert (slow.touched(), slow.requests()) == ((), ())
    assert timed_read(slow.node, 0) >= LATENCY_S


def test_a_write_reaches_the_image_and_fetches_what_it_changes(tmp_path: Path) -> None:
    image = tmp_path / "image"
    image.write_bytes(bytes(BLOCK_BYTES * 4))
    with lazy_volume(image, SLOW) as written, written.node.open("r+b", buffering=0) as device:
        started = time.monotonic()
        os.pwrite(device.fileno(), b"new" * 4096, BLOCK_BYTES)
        os.fsync(device.fileno())
        assert elapsed_since(started) >= LATENCY_S
        assert image.read_bytes()[BLOCK_BYTES:].startswith(b"new" * 4096 + b"\0")
        assert (written.touched(), written.requests()) == ((1,), ())


def test_the_queue_of_the_device_is_that_of_a_volume(slow: LazyVolume) -> None:
    queue = Path("/sys/block", slow.node.name, "queue")
    assert (queue / "read_ahead_kb").read_text().strip() == "128"
    assert (queue / "max_sectors_kb").read_text().strip() == "1024"
    assert (queue.parent / "loop" / "dio").read_text().strip() == "1"


def test_two_volumes_do_not_know_of_each_other(slow: LazyVolume, tmp_path: Path) -> None:
    ensure_udevd()
    ensure_volume_rule()
    image = tmp_path / f"vol-{secrets.token_hex(8)}0"
    image.write_bytes(b"x" * (3 * BLOCK_BYTES + 512))
    with lazy_volume(image, PROMPT) as other:
        link = Path("/dev/disk/by-id", LINK_PREFIX + image.name.replace("-", ""))
        assert link.resolve() == other.node != slow.node
        assert (other.touched(), other.requests()) == ((), ())
        read(slow.node, BLOCK_BYTES)
        assert read(other.node, 3 * BLOCK_BYTES, 512) == b"x" * 512
        assert (slow.touched(), other.touched()) == ((1,), (3,))


def test_a_volume_that_cannot_be_is_refused() -> None:
    with pytest.raises(LabError, match="no volume is like that"):
        LazyRules(first_touch_s=-1)
    with pytest.raises(LabError, match="no volume is like that"):
        LazyRules(volume_bytes_per_s=0)
