"""A hot map as bytes: what comes back of its own, and that a stranger's can do no harm."""

from __future__ import annotations

import itertools
import struct
import tracemalloc
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.support.timing import ends_within
from fakes.databases import DATABASE_UUID
from ladybug_agent.model.hydration import PageRun
from ladybug_agent.resources.hydration.hot_map import MOST_RUNS, MOST_SEEN, Generation, HotMap
from ladybug_agent.resources.hydration.map_codec import (
    FRAME,
    HEADER,
    MAGIC,
    MOST_BYTES,
    MOST_PAGES,
    MOST_UNPACKED_BYTES,
    VERSION,
    MapError,
    decode_map,
    encode_map,
)
from support.arbitrary import inputs

MIB = 2**20
NOTHING = bytes(3)
"""No snapshot id, and two tiers without a run."""


def a_map(opening: tuple[PageRun, ...] = (), queries: tuple[PageRun, ...] = ()) -> HotMap:
    return HotMap(
        database_uuid=str(DATABASE_UUID),
        file_pages=1000,
        generation=Generation(snapshot_id="snap-0123456789abcdef0", written_at=1_770_000_000),
        recordings=7,
        opening=opening,
        queries=queries,
    )


KNOWN = a_map(
    (PageRun(0, 1, 7), PageRun(5, 300, 2), PageRun(305, 1, 1)), (PageRun(900, 100, 65535),)
)


def framed(body: bytes) -> bytes:
    packed = zlib.compress(body)
    return FRAME.pack(MAGIC, VERSION, zlib.crc32(packed)) + packed


def header(*, file_pages: int = 1000, recordings: int = 1) -> bytes:
    return HEADER.pack(DATABASE_UUID.bytes, file_pages, 0, recordings)


def number(value: int) -> bytes:
    """Return a number in LEB128."""
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])


@contextmanager
def within_bounds() -> Iterator[None]:
    """Whatever the bytes are: they take neither much time nor much memory."""
    tracemalloc.start()
    try:
        with ends_within(5):
            yield
        assert tracemalloc.get_traced_memory()[1] < 3 * MOST_UNPACKED_BYTES
    finally:
        tracemalloc.stop()


@st.composite
def tiers(draw: st.DrawFn) -> tuple[PageRun, ...]:
    """Draw sorted, disjoint runs, with numbers of any size among them."""
    found: list[PageRun] = []
    end = 0
    for gap, pages, seen in draw(
        st.lists(
            st.tuples(
                st.integers(0, 300) | st.integers(0, 2**33),
                st.integers(1, 300) | st.integers(1, 2**33),
                st.integers(1, MOST_SEEN),
            ),
            max_size=20,
        )
    ):
        found.append(PageRun(end + gap, pages, seen))
        end = found[-1].end
    return tuple(found)


@pytest.mark.thorough
@inputs(200)
@given(
    st.uuids(),
    st.integers(0, MOST_PAGES),
    st.integers(0, 2**63),
    st.integers(0, 2**32 - 1),
    st.text("abcdef0123456789-snp", max_size=64),
    tiers(),
    tiers(),
)
def test_what_was_encoded_comes_back(  # noqa: PLR0913, PLR0917 - one for each field
    identity: uuid.UUID,
    file_pages: int,
    written_at: int,
    recordings: int,
    snapshot_id: str,
    opening: tuple[PageRun, ...],
    queries: tuple[PageRun, ...],
) -> None:
    hot = HotMap(
        database_uuid=str(identity),
        file_pages=file_pages,
        generation=Generation(snapshot_id=snapshot_id, written_at=written_at),
        recordings=recordings,
        opening=opening,
        queries=queries,
    )
    assert decode_map(encode_map(hot)) == hot


def test_the_same_map_is_the_same_bytes() -> None:
    assert encode_map(KNOWN) == encode_map(decode_map(encode_map(KNOWN)))


def test_a_map_takes_a_few_bytes_for_each_run() -> None:
    runs = tuple(PageRun(number * 37, 3, 1 + number % 5) for number in range(3000))
    assert len(encode_map(a_map(runs))) < 3000


@pytest.mark.thorough
def test_the_largest_map_can_be_read_again() -> None:
    runs = tuple(PageRun(n * 1_000_003, 1 + n % 60_000, 1 + n % 60_000) for n in range(MOST_RUNS))
    data = encode_map(a_map(runs, runs))
    assert len(data) <= MOST_BYTES
    assert decode_map(data).opening == runs


def test_a_map_of_too_many_runs_is_made_to_fit() -> None:
    runs = tuple(PageRun(number * 2, 1) for number in range(MOST_RUNS + 1))
    hot = decode_map(encode_map(a_map(runs)))
    assert len(hot.opening) <= MOST_RUNS
    assert hot.pages >= MOST_RUNS + 1


def test_the_layout_is_fixed() -> None:
    """Maps outlive the agent that made them: an older and a newer one share a bucket."""
    hot = a_map((PageRun(1, 2, 3),), (PageRun(300, 1, 1),))
    data = encode_map(hot)
    assert data[:5] == b"LBHM\x01"
    assert int.from_bytes(data[5:9], "little") == zlib.crc32(data[9:])
    assert zlib.decompress(data[9:]) == (
        DATABASE_UUID.bytes
        + struct.pack("<QQI", 1000, 1_770_000_000, 7)
        + bytes([22])
        + b"snap-0123456789abcdef0"
        + bytes([1, 1, 2, 3])
        + bytes([1, 0xAC, 0x02, 1, 1])
    )


def test_a_snapshot_id_that_is_no_text_does_no_harm() -> None:
    hot = decode_map(framed(header() + number(3) + b"\xff\x00\x1b" + bytes(2)))
    assert hot.generation.snapshot_id == "\ufffd\x00\x1b"


@inputs(500)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_map_or_an_error_of_it(data: bytes) -> None:
    with suppress(MapError):
        decode_map(data)


@inputs(500)
@given(st.binary(max_size=200))
def test_any_body_is_a_map_or_an_error_of_it(body: bytes) -> None:
    with suppress(MapError):
        decode_map(framed(body))


@inputs(500)
@given(st.binary(max_size=100))
def test_any_runs_are_sorted_and_disjoint_or_an_error(rest: bytes) -> None:
    with suppress(MapError):
        hot = decode_map(framed(header() + rest))
        for runs in (hot.opening, hot.queries):
            assert all(one.end <= other.start for one, other in itertools.pairwise(runs))
            assert all(run.pages > 0 and run.end <= MOST_PAGES for run in runs)


def test_a_map_cut_off_anywhere_is_an_error() -> None:
    data = encode_map(KNOWN)
    for length in range(len(data)):
        with pytest.raises(MapError):
            decode_map(data[:length])


def test_a_body_cut_off_anywhere_is_an_error() -> None:
    body = zlib.decompress(encode_map(KNOWN)[FRAME.size :])
    for length in range(len(body)):
        with pytest.raises(MapError, match="early"):
            decode_map(framed(body[:length]))


def test_a_bit_flipped_anywhere_is_an_error() -> None:
    data = encode_map(KNOWN)
    for position in range(len(data)):
        for bit in range(8):
            flipped = bytearray(data)
            flipped[position] ^= 1 << bit
            with pytest.raises(MapError):
                decode_map(bytes(flipped))


@pytest.mark.parametrize("version", [0, 2, 255])
def test_another_version_is_named(version: int) -> None:
    data = bytearray(encode_map(KNOWN))
    data[4] = version
    with pytest.raises(MapError, match=f"version {version}, this agent reads 1"):
        decode_map(bytes(data))


def test_something_else_is_named() -> None:
    with pytest.raises(MapError, match="starts with b'PAR1'"):
        decode_map(b"PAR1" + bytes(100))


@pytest.mark.parametrize("more", [b"\0", b"x" * 100])
def test_bytes_after_the_end_are_an_error(more: bytes) -> None:
    with pytest.raises(MapError, match="after its end"):
        decode_map(framed(header() + NOTHING + more))


def test_bytes_after_the_packed_ones_are_an_error() -> None:
    packed = zlib.compress(header() + NOTHING) + b"more"
    with pytest.raises(MapError, match="one piece"):
        decode_map(FRAME.pack(MAGIC, VERSION, zlib.crc32(packed)) + packed)


def test_what_is_not_packed_is_an_error() -> None:
    plain = header() + NOTHING
    with pytest.raises(MapError, match="cannot be unpacked"):
        decode_map(FRAME.pack(MAGIC, VERSION, zlib.crc32(plain)) + plain)


def test_more_bytes_than_any_map_has_are_not_looked_at() -> None:
    with within_bounds(), pytest.raises(MapError, match="at most"):
        decode_map(encode_map(KNOWN).ljust(MOST_BYTES + 1, b"\0"))


@pytest.mark.thorough
def test_a_bomb_is_not_unpacked() -> None:
    bomb = framed(bytes(512 * MIB))
    assert len(bomb) < MIB
    with within_bounds(), pytest.raises(MapError, match="at most"):
        decode_map(bomb)


def test_a_billion_runs_are_not_waited_for() -> None:
    body = header() + number(0) + number(1_000_000_000) + bytes(15 * MIB)
    with within_bounds(), pytest.raises(MapError, match="at most 100000 is possible"):
        decode_map(framed(body))


@pytest.mark.thorough
def test_as_many_runs_as_there_may_be_take_bounded_time() -> None:
    many = number(MOST_RUNS) + b"\x01\x01\x01" * MOST_RUNS
    with ends_within(5):
        assert len(decode_map(framed(header() + number(0) + many * 2)).queries) == MOST_RUNS


@pytest.mark.parametrize(
    "run",
    [
        number(0) + number(0) + number(1),
        number(0) + number(1) + number(0),
        number(MOST_PAGES) + number(1) + number(1),
        number(1) + number(MOST_PAGES) + number(1),
        number(MOST_PAGES + 1) + number(1) + number(1),
        number(0) + number(1) + number(MOST_SEEN + 1),
        number(2**63) + number(1) + number(1),
        b"\x80" * 20,
    ],
    ids=[
        "no pages",
        "seen by none",
        "past any end",
        "longer than any file",
        "a gap that is none",
        "seen by too many",
        "a number of 64 bits",
        "a number without an end",
    ],
)
def test_an_impossible_run_is_an_error(run: bytes) -> None:
    with pytest.raises(MapError):
        decode_map(framed(header() + number(0) + number(1) + run + number(0)))


def test_positions_past_the_end_of_the_file_are_clipped_and_no_error() -> None:
    """The database may have grown since; it is the file as it is that decides."""
    hot = decode_map(framed(header(file_pages=10) + bytes([0, 1, 100, 5, 1, 0])))
    assert hot.opening == (PageRun(100, 5, 1),)
    assert hot.clipped(10).opening == ()


def test_a_file_of_more_pages_than_any_is_an_error() -> None:
    with pytest.raises(MapError, match="for a file of"):
        decode_map(framed(header(file_pages=MOST_PAGES + 1) + NOTHING))
