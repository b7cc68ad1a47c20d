"""The header of a database file."""

from __future__ import annotations

import pytest

from fakes.databases import DATABASE_UUID, header_bytes, never_checkpointed_bytes
from ladybug_agent.resources.contents.database_file import (
    HEADER,
    DatabaseHeader,
    HeaderError,
    parse_header,
)

# The first bytes of a file that the engine 0.22.0 made: 103 pages, after a checkpoint.
MADE_BY_THE_ENGINE = bytes.fromhex(
    "4c425547 3100000000000000 64000000 01000000 65000000 02000000"
    "eebd31de3ca623abf647aa90c3425317 02 67000000"
)


def test_a_header_that_the_engine_made_is_read() -> None:
    assert parse_header(MADE_BY_THE_ENGINE) == DatabaseHeader(
        storage_version=49,
        database_uuid="eebd31de-3ca6-23ab-f647-aa90c3425317",
        pages_needed=103,
        page_count=103,
        roots=((100, 1), (101, 2)),
    )


def test_a_header_of_no_catalog_needs_the_pages_that_it_counts() -> None:
    head = MADE_BY_THE_ENGINE[:12] + b"\xff\xff\xff\xff" + MADE_BY_THE_ENGINE[16:]
    assert parse_header(head).pages_needed == 103


def test_a_header_tells_version_and_uuid() -> None:
    header = parse_header(header_bytes(storage_version=41))
    assert (header.storage_version, header.database_uuid) == (41, str(DATABASE_UUID))


@pytest.mark.parametrize(
    ("head", "pages"),
    [
        (header_bytes(catalog=(9, 4), metadata=(2, 1)), 13),
        (header_bytes(catalog=(1, 1), metadata=(20, 5)), 25),
        (header_bytes(page_count=100), 100),
        (header_bytes(catalog=(200, 1), page_count=100), 201),
        (header_bytes(catalog=(0, 0), metadata=(0, 0)), 1),
        (never_checkpointed_bytes(), 1),
    ],
)
def test_a_file_needs_the_pages_that_its_header_points_to(head: bytes, pages: int) -> None:
    assert parse_header(head).pages_needed == pages


def test_what_stands_where_a_page_count_may_be_is_not_always_one() -> None:
    head = bytearray(header_bytes(page_count=100))
    head[44] = 1
    assert parse_header(bytes(head)).pages_needed == 3


def test_more_than_the_header_may_be_given() -> None:
    assert parse_header(header_bytes().ljust(4096, b"\xff")).storage_version == 41


@pytest.mark.parametrize("size", [0, 1, 4, HEADER.size - 1])
def test_a_piece_of_a_header_is_no_header(size: int) -> None:
    with pytest.raises(HeaderError, match=rf"shorter than its header \({size} of 49 bytes\)"):
        parse_header(header_bytes()[:size])


@pytest.mark.parametrize("magic", [b"KUZU", b"SQLi", b"\0\0\0\0", b"lbug"])
def test_another_magic_is_no_header(magic: bytes) -> None:
    with pytest.raises(HeaderError, match="instead of b'LBUG'"):
        parse_header(header_bytes(magic=magic))


def test_only_a_marked_header_counts_its_pages() -> None:
    assert parse_header(header_bytes()).page_count is None
    assert parse_header(header_bytes(page_count=7)).page_count == 7


def test_a_database_that_was_never_checkpointed_has_no_root_pages() -> None:
    assert parse_header(never_checkpointed_bytes()).root_pages == ()
    assert parse_header(header_bytes(catalog=(5, 1), metadata=(9, 2))).root_pages == (5, 9)


def test_the_largest_numbers_do_not_overflow() -> None:
    head = header_bytes(catalog=(2**32 - 2, 2**32 - 1), metadata=(2**32 - 1, 2**32 - 1))
    assert parse_header(head).pages_needed == 2**33 - 2
