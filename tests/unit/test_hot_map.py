"""What recordings of a database have seen, put together; against a model that counts each page."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.databases import DATABASE_UUID
from ladybug_agent.model.hydration import PageRun
from ladybug_agent.resources.hydration.hot_map import (
    MOST_SEEN,
    Generation,
    HotMap,
    Runs,
    add,
    fit,
    joined,
    merge,
    overlap,
    subtract,
)
from support.arbitrary import inputs

MONDAY, TUESDAY = 1_770_000_000, 1_770_086_400
Pages = Counter[int]


def a_map(
    opening: Runs = (), queries: Runs = (), *, written_at: int = MONDAY, recordings: int = 1
) -> HotMap:
    return HotMap(
        database_uuid=str(DATABASE_UUID),
        file_pages=1000,
        generation=Generation(snapshot_id=f"snap-{written_at}", written_at=written_at),
        recordings=recordings,
        opening=opening,
        queries=queries,
    )


def run(start: int, pages: int, seen: int = 1) -> PageRun:
    return PageRun(start, pages, seen)


def pages_of(runs: Runs) -> Pages:
    """Return the model: each page, and how often it was seen."""
    return Counter({page: r.seen for r in runs for page in range(r.start, r.end)})


def runs_of(pages: Pages) -> Runs:
    return tuple(joined(run(page, 1, seen) for page, seen in sorted(pages.items()) if seen))


def is_in_order(runs: Runs) -> bool:
    """Whether the runs are sorted and disjoint, and no two of them could be one."""
    return all(
        left.end < right.start or (left.end == right.start and left.seen != right.seen)
        for left, right in itertools.pairwise(runs)
    ) and all(r.pages > 0 and r.seen > 0 for r in runs)


# A byte for each page: how often it was seen. Cheap to make, and shrinks well.
RUNS = st.binary(max_size=48).map(
    lambda seen: runs_of(Counter({page: byte % 4 for page, byte in enumerate(seen)}))
)
TIERS = st.tuples(RUNS, RUNS).map(lambda two: (two[0], tuple(subtract(two[1], two[0]))))


def test_the_first_recording_is_the_map() -> None:
    recording = a_map((run(0, 4),), (run(10, 2),))
    assert merge(None, recording) == recording


def test_counts_of_the_same_generation_add_up() -> None:
    merged = merge(
        a_map((run(0, 4, 3),), recordings=3), a_map((run(2, 4),), (run(90, 1),), recordings=1)
    )
    assert merged.opening == (run(0, 2, 3), run(2, 2, 4), run(4, 2, 1))
    assert (merged.queries, merged.recordings) == ((run(90, 1),), 4)


def test_a_recording_over_a_later_snapshot_halves_what_was_known() -> None:
    known = a_map((run(0, 4, 5),), (run(50, 2, 4),), recordings=5)
    merged = merge(known, a_map((run(0, 2),), written_at=TUESDAY))
    assert merged.opening == (run(0, 2, 3), run(2, 2, 2))
    assert (merged.queries, merged.recordings) == ((run(50, 2, 2),), 3)


def test_what_one_recording_of_an_earlier_snapshot_saw_is_forgotten() -> None:
    merged = merge(a_map((run(0, 4),), (run(9, 1),)), a_map((run(7, 1),), written_at=TUESDAY))
    assert (merged.opening, merged.queries, merged.recordings) == ((run(7, 1),), (), 1)


def test_the_later_generation_is_that_of_the_map() -> None:
    later = replace(a_map((run(7, 1),), written_at=TUESDAY), file_pages=2000)
    merged = merge(a_map((run(0, 4),)), later)
    assert (merged.generation, merged.file_pages) == (later.generation, 2000)


def test_a_recording_over_an_earlier_snapshot_adds_nothing() -> None:
    known = a_map((run(0, 4, 5),), written_at=TUESDAY, recordings=5)
    assert merge(known, a_map((run(7, 1),))) == known


def test_a_page_of_both_tiers_belongs_to_the_first() -> None:
    merged = merge(a_map((), (run(0, 10),)), a_map((run(4, 2),)))
    assert merged.opening == (run(4, 2),)
    assert merged.queries == (run(0, 4), run(6, 4))


def test_a_page_that_was_of_queries_is_not_counted_twice() -> None:
    merged = merge(a_map((run(4, 2, 7),)), a_map((), (run(4, 4),)))
    assert (merged.opening, merged.queries) == ((run(4, 2, 7),), (run(6, 2),))


@pytest.mark.thorough
@inputs(300)
@given(TIERS, TIERS)
def test_a_merge_counts_every_page_of_either(
    left: tuple[Runs, Runs], right: tuple[Runs, Runs]
) -> None:
    merged = merge(a_map(*left), a_map(*right))
    opening = pages_of(left[0]) + pages_of(right[0])
    queries = pages_of(left[1]) + pages_of(right[1])
    assert pages_of(merged.opening) == opening
    assert pages_of(merged.queries) == Counter(
        {page: seen for page, seen in queries.items() if page not in opening}
    )


@pytest.mark.thorough
@inputs(300)
@given(TIERS, TIERS, st.sampled_from([MONDAY, TUESDAY]))
def test_the_tiers_of_a_merge_are_in_order_and_disjoint(
    left: tuple[Runs, Runs], right: tuple[Runs, Runs], written_at: int
) -> None:
    merged = merge(a_map(*left), a_map(*right, written_at=written_at))
    assert is_in_order(merged.opening)
    assert is_in_order(merged.queries)
    assert overlap(merged.opening, merged.queries) == 0


def test_a_count_has_a_limit() -> None:
    known = a_map((run(0, 1, MOST_SEEN),))
    assert merge(known, a_map((run(0, 1),))).opening == (run(0, 1, MOST_SEEN),)


def test_the_number_of_recordings_has_a_limit() -> None:
    """It is stored in 32 bits, and a stranger's map may have them all set."""
    known = a_map(recordings=2**32 - 1)
    assert merge(known, a_map()).recordings == 2**32 - 1


def test_a_map_is_clipped_to_its_file() -> None:
    known = a_map((run(0, 4), run(98, 10)), (run(100, 1), run(5, 1)))
    clipped = known.clipped(100)
    assert (clipped.opening, clipped.queries) == ((run(0, 4), run(98, 2)), (run(5, 1),))


@inputs(200)
@given(RUNS, st.integers(0, 60))
def test_clipping_takes_the_pages_past_the_end_and_no_others(runs: Runs, end: int) -> None:
    clipped = a_map(runs).clipped(end).opening
    assert pages_of(clipped) == Counter({p: s for p, s in pages_of(runs).items() if p < end})
    assert is_in_order(clipped)


@pytest.mark.thorough
@inputs(300)
@given(RUNS, RUNS)
def test_adding_is_counting(left: Runs, right: Runs) -> None:
    total = tuple(add(left, right))
    assert pages_of(total) == pages_of(left) + pages_of(right)
    assert is_in_order(total)


@inputs(300)
@given(RUNS, RUNS)
def test_subtracting_leaves_the_pages_that_the_other_has_not(runs: Runs, taken: Runs) -> None:
    left = tuple(subtract(runs, taken))
    others = pages_of(taken)
    assert pages_of(left) == Counter({p: s for p, s in pages_of(runs).items() if p not in others})
    assert all(one.end <= other.start for one, other in itertools.pairwise(left))


@inputs(200)
@given(RUNS, RUNS)
def test_an_overlap_is_counted_in_pages(left: Runs, right: Runs) -> None:
    assert overlap(left, right) == len(pages_of(left).keys() & pages_of(right).keys())


def test_neighbours_that_were_seen_equally_often_are_one_run() -> None:
    runs = (run(0, 2, 3), run(2, 2, 3), run(4, 1, 2))
    assert tuple(joined(runs)) == (run(0, 4, 3), run(4, 1, 2))


def test_over_a_small_gap_the_higher_count_is_that_of_all() -> None:
    runs = (run(0, 2, 1), run(6, 2, 3), run(13, 1, 2))
    assert tuple(joined(runs, gap_pages=4)) == (run(0, 8, 3), run(13, 1, 2))


@inputs(200)
@given(RUNS, st.integers(0, 8))
def test_joining_loses_no_page(runs: Runs, gap: int) -> None:
    found = tuple(joined(runs, gap_pages=gap))
    assert pages_of(found).keys() >= pages_of(runs).keys()
    assert all(right.start - left.end > gap for left, right in itertools.pairwise(found) if gap)


@inputs(200)
@given(RUNS, st.integers(1, 6))
def test_what_must_fit_fits_and_loses_no_page(runs: Runs, most: int) -> None:
    fitted = fit(runs, most)
    assert len(fitted) <= max(most, 0)
    assert pages_of(fitted).keys() >= pages_of(runs).keys()


def test_what_fits_is_left_as_it_is() -> None:
    runs = (run(0, 1), run(2, 1), run(4, 1))
    assert fit(runs, 3) is runs


@pytest.mark.thorough
@pytest.mark.parametrize("gap", [1, 2, 300])
def test_a_hundred_thousand_runs_too_many_fit_in_bounded_time(gap: int) -> None:
    runs = tuple(run(number * (gap + 1), 1) for number in range(200_000))
    fitted = a_map(runs).fitted().opening
    assert len(fitted) <= 100_000


def test_the_pages_of_both_tiers_count() -> None:
    assert a_map((run(0, 4, 9),), (run(7, 3),)).pages == 7
