"""What the page cache holds, as a hot map; and how well a map had foretold it."""

from __future__ import annotations

import pytest

from fakes.databases import DATABASE_UUID
from fakes.hydration import FakePageCache
from fakes.loading import (
    MONDAY,
    PAGES_A_BLOCK,
    a_hot_map,
    an_open_database,
    an_open_file,
    pages_at,
    runs,
)
from ladybug_agent.model.hydration import PageRun
from ladybug_agent.resources.hydration.hot_map import MOST_RUNS, Generation
from ladybug_agent.resources.hydration.recording import (
    HitRate,
    forget_cached,
    hit_rate,
    record_opening,
    record_queries,
)

PAGES = 10 * PAGES_A_BLOCK
DATABASE = an_open_database(an_open_file(*pages_at((0, 0, PAGES))))
SNAPSHOT = "snap-0123456789abcdef0"


def block(number: int) -> int:
    """Return the first page of a block."""
    return number * PAGES_A_BLOCK


def test_what_an_opening_touched_is_the_first_tier() -> None:
    hot = record_opening(DATABASE, FakePageCache(runs(0, 5)), SNAPSHOT)
    assert (hot.opening, hot.queries) == (runs(0, 5), ())


def test_what_queries_touched_is_the_second_tier() -> None:
    cache = FakePageCache((PageRun(0, 10), PageRun(50, 2)))
    hot = record_queries(DATABASE, cache, SNAPSHOT, (PageRun(0, 4),))
    assert (hot.opening, hot.queries) == ((PageRun(0, 4),), (PageRun(4, 6), PageRun(50, 2)))


def test_what_an_opening_touched_stays_its_own_when_memory_has_let_go_of_it() -> None:
    hot = record_queries(DATABASE, FakePageCache(runs(50)), SNAPSHOT, runs(1))
    assert (hot.opening, hot.queries) == (runs(1), runs(50))


def test_a_recording_says_of_what_it_is() -> None:
    hot = record_opening(DATABASE, FakePageCache(runs(0)), SNAPSHOT)
    assert (hot.database_uuid, hot.file_pages, hot.recordings) == (str(DATABASE_UUID), PAGES, 1)
    assert hot.generation == Generation(snapshot_id=SNAPSHOT, written_at=MONDAY)


def test_nothing_in_memory_is_a_map_of_nothing() -> None:
    assert record_opening(DATABASE, FakePageCache(), SNAPSHOT).pages == 0


def test_pages_past_the_end_of_the_file_are_not_recorded() -> None:
    hot = record_opening(DATABASE, FakePageCache((PageRun(PAGES - 1, 5),)), SNAPSHOT)
    assert hot.opening == (PageRun(PAGES - 1, 1),)


@pytest.mark.thorough
def test_a_recording_in_more_runs_than_a_map_holds_is_made_to_fit() -> None:
    file = an_open_file(*pages_at((0, 0, 3 * MOST_RUNS)))
    cache = FakePageCache(runs(*range(0, 3 * MOST_RUNS, 2)))
    assert len(record_opening(an_open_database(file), cache, "").opening) <= MOST_RUNS


def test_before_a_fresh_recording_memory_is_emptied() -> None:
    cache = FakePageCache(runs(0, 5))
    forget_cached([DATABASE, DATABASE], cache)
    assert (cache.evicted, cache.pages) == (2, ())


def hits(resident: tuple[PageRun, ...], *known: int, queries: tuple[PageRun, ...] = ()) -> HitRate:
    return hit_rate(DATABASE, FakePageCache(resident), a_hot_map(runs(*known), queries))


def test_a_map_is_judged_by_the_blocks_that_it_had() -> None:
    resident = runs(block(2) + 7, block(3), block(4))
    rate = hits(resident, block(2), block(3), block(8))
    assert rate == HitRate(hit=2, missed=1)
    assert rate.share == pytest.approx(2 / 3)


def test_both_tiers_of_a_map_count() -> None:
    rate = hits(runs(block(2), block(3)), block(2), queries=runs(block(3)))
    assert rate == HitRate(hit=2, missed=0)


def test_roots_need_no_map_to_be_foretold() -> None:
    assert hits(runs(0)).share == 1.0


def test_nothing_in_memory_is_no_hit_rate() -> None:
    assert hits((), block(2)).share is None
