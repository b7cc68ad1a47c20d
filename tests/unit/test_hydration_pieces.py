"""Pages of files on the volume's grid of blocks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.loading import PAGES_A_BLOCK, an_open_file, pages_at, pages_in
from ladybug_agent.model.hydration import BLOCK_BYTES, PAGE_BYTES, Extent, PageRun
from ladybug_agent.resources.hydration.hot_map import joined
from ladybug_agent.resources.hydration.pieces import Piece, blocks_of, first_of_each_block, place
from support.arbitrary import inputs

HANDLE = 7


def placed(file_extents: tuple[Extent, ...], *wanted: PageRun) -> list[Piece]:
    return list(place(wanted, an_open_file(*file_extents, handle=HANDLE)))


def piece(page: int, pages: int, block: int, seen: int = 1) -> Piece:
    return Piece(HANDLE, page * PAGE_BYTES, pages * PAGE_BYTES, block, seen)


def test_a_run_within_a_block_is_one_piece() -> None:
    lies = pages_at((0, 0, 1000))
    assert placed(lies, PageRun(3, 5, 9)) == [piece(3, 5, block=0, seen=9)]


def test_a_run_over_the_border_of_a_block_is_cut_there() -> None:
    lies = pages_at((0, 0, 1000))
    assert placed(lies, PageRun(120, 200)) == [
        piece(120, 8, block=0),
        piece(128, 128, block=1),
        piece(256, 64, block=2),
    ]


def test_the_grid_is_that_of_the_volume_and_not_that_of_the_file() -> None:
    lies = pages_at((0, 28, 1000))
    assert placed(lies, PageRun(0, 128)) == [piece(0, 100, block=0), piece(100, 28, block=1)]


def test_a_file_in_several_places_is_read_at_each() -> None:
    lies = pages_at((0, 1280, 10), (10, 256, 10), (20, 0, 10))
    assert placed(lies, PageRun(5, 20)) == [
        piece(5, 5, block=10),
        piece(10, 10, block=2),
        piece(20, 5, block=0),
    ]


def test_two_places_in_one_block_are_two_pieces_of_it() -> None:
    lies = pages_at((0, 20, 10), (10, 0, 10))
    assert [p.block for p in placed(lies, PageRun(0, 20))] == [0, 0]


def test_a_hole_is_left_out() -> None:
    lies = pages_at((0, 0, 4), (10, 4, 4))
    assert placed(lies, PageRun(0, 14)) == [piece(0, 4, block=0), piece(10, 4, block=0)]


def test_a_run_in_a_hole_is_nothing() -> None:
    lies = pages_at((0, 0, 4), (10, 4, 4))
    assert placed(lies, PageRun(5, 3)) == []


def test_a_run_after_one_in_a_hole_is_found() -> None:
    lies = pages_at((0, 0, 4), (10, 4, 4))
    assert placed(lies, PageRun(5, 3), PageRun(11, 2)) == [piece(11, 2, block=0)]


def test_a_hole_at_the_front_is_left_out() -> None:
    assert placed(pages_at((8, 0, 4)), PageRun(0, 10)) == [piece(8, 2, block=0)]


def test_a_last_page_that_is_not_whole_is_read_to_the_end_of_the_file() -> None:
    file = an_open_file(*pages_at((0, 0, 3)), size_bytes=2 * PAGE_BYTES + 100)
    assert [p.length for p in place([PageRun(1, 2)], file)] == [PAGE_BYTES + 100]


def test_what_is_past_the_end_of_the_file_is_not_read() -> None:
    """An extent may go on behind it: space that the filesystem has set aside."""
    file = an_open_file(*pages_at((0, 0, 100)), size_bytes=2 * PAGE_BYTES)
    assert list(place([PageRun(2, 5), PageRun(50, 1)], file)) == []


def test_a_file_that_is_nowhere_has_no_pieces() -> None:
    assert placed((), PageRun(0, 10)) == []


def test_a_file_without_runs_has_no_pieces() -> None:
    assert placed(pages_at((0, 0, 10))) == []


@st.composite
def layouts(draw: st.DrawFn) -> tuple[Extent, ...]:
    """Draw where a file lies: extents in its order, with holes, anywhere on the device."""
    found: list[tuple[int, int, int]] = []
    at = 0
    for gap, length, block in draw(
        st.lists(st.tuples(st.integers(0, 40), st.integers(1, 200), st.integers(0, 6)), max_size=6)
    ):
        # No two extents share a place on the device.
        physical = len(found) * 10_000 + block * 37
        found.append((at + gap, physical, length))
        at += gap + length
    return pages_at(*found)


WANTED = st.binary(max_size=120).map(
    # A byte for each four pages: whether they are wanted, and how much.
    lambda wanted: tuple(
        joined(PageRun(4 * at, 4, byte % 3) for at, byte in enumerate(wanted) if byte % 3)
    )
)


@pytest.mark.thorough
@inputs(300)
@given(layouts(), WANTED)
def test_the_pieces_are_exactly_the_pages_that_lie_somewhere(
    lies: tuple[Extent, ...], wanted: tuple[PageRun, ...]
) -> None:
    file = an_open_file(*lies, handle=HANDLE)
    held = {
        page
        for extent in lies
        for page in range(
            extent.logical // PAGE_BYTES, (extent.logical + extent.length) // PAGE_BYTES
        )
    }
    expected = [page for run in wanted for page in range(run.start, run.end) if page in held]
    assert pages_in(place(wanted, file)) == expected


@pytest.mark.thorough
@inputs(300)
@given(layouts(), WANTED)
def test_every_piece_lies_in_one_extent_and_in_the_block_that_it_names(
    lies: tuple[Extent, ...], wanted: tuple[PageRun, ...]
) -> None:
    for found in place(wanted, an_open_file(*lies, handle=HANDLE)):
        (extent,) = (
            one
            for one in lies
            if one.logical <= found.offset
            and found.offset + found.length <= one.logical + one.length
        )
        start = extent.physical + found.offset - extent.logical
        assert 0 < found.length <= BLOCK_BYTES
        assert {start // BLOCK_BYTES, (start + found.length - 1) // BLOCK_BYTES} == {found.block}


def test_one_piece_of_each_block_comes_first() -> None:
    found = [piece(0, 1, block=0), piece(4, 1, block=0), piece(200, 1, block=1)]
    assert first_of_each_block(found, set()) == ([found[0], found[2]], [found[1]])


def test_a_block_that_was_seen_before_has_no_first_piece() -> None:
    found = [piece(0, 1, block=0), piece(200, 1, block=1)]
    seen = {0}
    assert first_of_each_block(found, seen) == ([found[1]], [found[0]])
    assert seen == {0, 1}


def test_the_blocks_of_files_are_ranges_without_overlap() -> None:
    block = PAGES_A_BLOCK
    one = an_open_file(*pages_at((0, 0, 10), (10, 5 * block, 2 * block)))
    other = an_open_file(*pages_at((0, 10, 10), (10, 7 * block - 1, 2)))
    assert blocks_of([one, other]) == (range(1), range(5, 8))


def test_no_files_have_no_blocks() -> None:
    assert blocks_of([an_open_file()]) == ()
