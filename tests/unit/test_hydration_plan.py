"""In which order a volume is loaded."""

from __future__ import annotations

import uuid

import pytest

from fakes.databases import DATABASE_UUID
from fakes.loading import (
    PAGES_A_BLOCK,
    a_hot_map,
    an_open_database,
    an_open_file,
    pages_at,
    pages_in,
    runs,
)
from ladybug_agent.model.hydration import BLOCK_BYTES, PAGE_BYTES, PageRun
from ladybug_agent.resources.hydration.files import OpenDatabase
from ladybug_agent.resources.hydration.hot_map import HotMap
from ladybug_agent.resources.hydration.plan import HotPlan, hot_plan, rest_plan

OTHER_UUID = uuid.UUID("0db0db0d-0000-4000-8000-00000000000b")
BLOCKS = 40


def a_database(*, roots: tuple[tuple[int, int], ...] = (), log_pages: int = 0) -> OpenDatabase:
    """Return a database whose file lies from block 0 on, and its log in block 1000."""
    log = an_open_file(*pages_at((0, 1000 * PAGES_A_BLOCK, log_pages)), handle=8)
    return an_open_database(
        an_open_file(*pages_at((0, 0, BLOCKS * PAGES_A_BLOCK)), handle=7),
        roots=roots,
        log=log if log_pages else None,
    )


def planned(hot: HotMap | None, database: OpenDatabase | None = None) -> HotPlan:
    known = {str(DATABASE_UUID): hot} if hot else {}
    return hot_plan([database or a_database()], known)


def in_block(number: int, page: int = 0) -> int:
    """Return a page of the file that lies in the block."""
    return number * PAGES_A_BLOCK + page


def test_header_catalog_and_metadata_come_first() -> None:
    plan = planned(None, a_database(roots=((300, 2), (100, 3))))
    assert pages_in(plan.roots) == [0, 100, 101, 102, 300, 301]


def test_roots_that_overlap_are_read_once() -> None:
    plan = planned(None, a_database(roots=((0, 4), (2, 4), (3, 1))))
    assert pages_in(plan.roots) == [0, 1, 2, 3, 4, 5]


def test_roots_past_the_end_of_the_file_are_not_read() -> None:
    end = BLOCKS * PAGES_A_BLOCK
    plan = planned(None, a_database(roots=((end - 1, 100), (end + 5, 2**31))))
    assert pages_in(plan.roots) == [0, end - 1]


def test_a_log_is_read_whole() -> None:
    plan = planned(None, a_database(log_pages=300))
    assert [(piece.handle, piece.block) for piece in plan.logs] == [(8, 1000), (8, 1001), (8, 1002)]
    assert sum(piece.length for piece in plan.logs) == 300 * PAGE_BYTES


def test_an_empty_log_is_not_read() -> None:
    database = an_open_database(an_open_file(*pages_at((0, 0, 10))), log=an_open_file(handle=8))
    assert planned(None, database).logs == ()


def test_without_a_map_there_is_nothing_hot() -> None:
    plan = planned(None)
    assert (plan.touch, plan.warm) == ((), ())


def test_readiness_waits_for_roots_logs_and_touch_in_this_order() -> None:
    plan = planned(a_hot_map(runs(in_block(3))), a_database(log_pages=1))
    assert plan.first == (*plan.roots, *plan.logs, *plan.touch)
    assert [piece.block for piece in plan.first] == [0, 1000, 3]
    assert plan.all == (*plan.first, *plan.warm)


def test_each_hot_block_is_touched_once() -> None:
    pages = [in_block(3), in_block(3, 50), in_block(5), in_block(5, 9), in_block(3, 90)]
    plan = planned(a_hot_map(runs(*sorted(pages))))
    assert [piece.block for piece in plan.touch] == [3, 5]
    assert pages_in(plan.warm) == [in_block(3, 50), in_block(3, 90), in_block(5, 9)]


def test_a_block_that_holds_a_root_is_not_touched_again() -> None:
    plan = planned(a_hot_map(runs(in_block(0, 50), in_block(2))))
    assert [piece.block for piece in plan.touch] == [2]
    assert pages_in(plan.warm) == [in_block(0, 50)]


def test_a_block_that_holds_a_log_is_not_touched_again() -> None:
    log = an_open_file(*pages_at((0, in_block(2, 100), 1)), handle=8)
    database = an_open_database(an_open_file(*pages_at((0, 0, in_block(2, 100)))), log=log)
    plan = planned(a_hot_map(runs(in_block(2))), database)
    assert (plan.touch, pages_in(plan.warm)) == ((), [in_block(2)])


def test_a_hot_page_that_is_a_root_is_not_read_twice() -> None:
    database = a_database(roots=((in_block(3), 2),))
    plan = planned(a_hot_map((PageRun(0, 1), PageRun(in_block(3), 2))), database)
    assert (plan.touch, plan.warm) == ((), ())
    pages = pages_in(plan.all)
    assert len(pages) == len(set(pages))


def test_what_every_opening_reads_comes_before_what_queries_read() -> None:
    hot = a_hot_map(runs(in_block(9)), (PageRun(in_block(2), 1, 500),))
    assert [piece.block for piece in planned(hot).touch] == [9, 2]


@pytest.mark.parametrize("tier", ["opening", "queries"])
def test_within_a_tier_the_most_seen_comes_first(tier: str) -> None:
    seen = tuple(PageRun(in_block(block), 1, count) for block, count in ((2, 1), (4, 9), (6, 3)))
    hot = a_hot_map(seen) if tier == "opening" else a_hot_map((), seen)
    assert [piece.block for piece in planned(hot).touch] == [4, 6, 2]


def test_what_was_seen_equally_often_is_read_in_the_order_of_the_file() -> None:
    blocks = list(range(2, BLOCKS))
    plan = planned(a_hot_map(runs(*(in_block(block) for block in blocks), seen=3)))
    assert [piece.block for piece in plan.touch] == blocks


def test_small_gaps_are_read_with_what_is_around_them() -> None:
    plan = planned(a_hot_map(runs(in_block(3), in_block(3, 2), in_block(3, 5))))
    assert pages_in(plan.touch) == [in_block(3, page) for page in range(3)]
    assert pages_in(plan.warm) == [in_block(3, 5)]


def test_a_map_of_a_file_that_was_longer_is_clipped() -> None:
    end = BLOCKS * PAGES_A_BLOCK
    plan = planned(a_hot_map((PageRun(end - 1, 50), PageRun(2**39, 2**38))))
    assert pages_in((*plan.touch, *plan.warm)) == [end - 1]


def test_the_blocks_of_a_plan_are_those_of_all_its_stages() -> None:
    plan = planned(a_hot_map(runs(in_block(3), in_block(3, 50))), a_database(log_pages=1))
    assert plan.blocks == {0, 3, 1000}


def two_databases_in_a_block() -> list[OpenDatabase]:
    one = an_open_file(*pages_at((0, 0, 200)), handle=7)
    other = an_open_file(*pages_at((0, 200, 200)), handle=8)
    return [
        an_open_database(one, name="sec"),
        an_open_database(other, name="industry", identity=OTHER_UUID),
    ]


def test_a_block_that_two_databases_share_is_touched_once() -> None:
    hot = {
        str(DATABASE_UUID): a_hot_map(runs(150)),  # block 1
        str(OTHER_UUID): a_hot_map(runs(20, 150), identity=OTHER_UUID),  # blocks 1 and 2
    }
    plan = hot_plan(two_databases_in_a_block(), hot)
    assert [(piece.handle, piece.block) for piece in plan.roots] == [(7, 0), (8, 1)]
    assert [(piece.handle, piece.block) for piece in plan.touch] == [(8, 2)]
    assert [(piece.handle, piece.block) for piece in plan.warm] == [(7, 1), (8, 1)]


def test_openings_of_all_databases_come_before_the_queries_of_any() -> None:
    one = an_open_file(*pages_at((0, 0, in_block(10))), handle=7)
    other = an_open_file(*pages_at((0, in_block(10), in_block(10))), handle=8)
    hot = {
        str(DATABASE_UUID): a_hot_map(runs(in_block(2)), runs(in_block(3))),
        str(OTHER_UUID): a_hot_map(runs(in_block(2)), runs(in_block(3)), identity=OTHER_UUID),
    }
    plan = hot_plan(
        [an_open_database(one), an_open_database(other, name="industry", identity=OTHER_UUID)], hot
    )
    assert [piece.block for piece in plan.touch] == [2, 12, 3, 13]


def test_the_map_of_another_database_is_not_used() -> None:
    plan = hot_plan([a_database()], {str(OTHER_UUID): a_hot_map(runs(in_block(3)))})
    assert plan.touch == ()


@pytest.mark.parametrize(
    ("room_bytes", "fit"),
    [(0, 0), (PAGE_BYTES - 1, 0), (PAGE_BYTES, 1), (2 * PAGE_BYTES + 1, 2), (10**12, 3)],
)
def test_the_most_wanted_pages_are_warmed_as_far_as_there_is_room(
    room_bytes: int, fit: int
) -> None:
    seen = [PageRun(in_block(3, 20 * number), 1, 10 - number) for number in range(4)]
    plan = planned(a_hot_map(tuple(seen)))
    assert plan.warm_within(room_bytes) == plan.warm[:fit]
    assert len(plan.warm) == 3


def test_the_rest_is_every_block_of_the_databases_and_their_logs() -> None:
    plan = rest_plan([a_database(log_pages=1)], 2000 * BLOCK_BYTES, whole=False)
    assert (plan.blocks, plan.count) == ((range(BLOCKS), range(1000, 1001)), BLOCKS + 1)
    assert plan.bytes == (BLOCKS + 1) * BLOCK_BYTES


def test_the_rest_of_the_device_comes_after_the_databases() -> None:
    plan = rest_plan([a_database(log_pages=1)], 2000 * BLOCK_BYTES + 1, whole=True)
    assert plan.blocks == (
        range(BLOCKS),
        range(1000, 1001),
        range(BLOCKS, 1000),
        range(1001, 2001),
    )


def test_a_device_without_databases_is_read_whole_where_it_is_to_be() -> None:
    assert rest_plan([], 10 * BLOCK_BYTES, whole=True).blocks == (range(10),)
    assert rest_plan([], 10 * BLOCK_BYTES, whole=False).blocks == ()
