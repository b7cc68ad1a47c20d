"""The hot part: what is read first, what is noted of it, and how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.build import a_config
from fakes.databases import DATABASE_UUID
from fakes.fault import fails
from fakes.hydration import FakeMapStore
from fakes.loading import PAGES_A_BLOCK, a_hot_map, an_open_source, runs
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.config.hydration import HydrationConfig
from ladybug_agent.errors import Cancelled
from ladybug_agent.model.hydration import BLOCK_BYTES, PAGE_BYTES
from ladybug_agent.resources.hydration.hot_map import HotMap
from ladybug_agent.resources.hydration.map_codec import encode_map
from ladybug_agent.resources.hydration.source import OpenSource
from ladybug_agent.resources.hydration.warming import Warming, touched_pct, warm

BLOCKS = 10
ROOTS = 3  # pages: header, catalog, metadata
ROOM = 2**30
HOT = a_hot_map(runs(2 * PAGES_A_BLOCK, 2 * PAGES_A_BLOCK + 50), runs(5 * PAGES_A_BLOCK))


@pytest.fixture
def rules(tmp_path: Path) -> HydrationConfig:
    return a_config(tmp_path).hydration


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[OpenSource]:
    """A volume with one database of ten blocks."""
    with an_open_source(tmp_path, {"sec": BLOCKS * PAGES_A_BLOCK}) as source:
        yield source


def stored(hot: HotMap = HOT) -> FakeMapStore:
    return FakeMapStore({str(DATABASE_UUID): encode_map(hot)})


def warmed(
    opened: OpenSource,
    rules: HydrationConfig,
    maps: FakeMapStore | None,
    *,
    room_bytes: int = ROOM,
    warming: Warming | None = None,
) -> Warming:
    found = warming or Warming()
    warm(opened, maps, room_bytes, rules, Deadline.after(30, SystemClock()), found)
    return found


def touched_blocks(opened: OpenSource) -> list[int]:
    ledger = opened.ledger
    return [block for block in range(BLOCKS) if ledger.touched([range(block, block + 1)])]


def test_with_a_map_each_hot_block_is_touched(opened: OpenSource, rules: HydrationConfig) -> None:
    warming = warmed(opened, rules, stored())
    assert touched_blocks(opened) == [0, 2, 5]
    assert (warming.hot_blocks, warming.pct) == (3, 30.0)
    assert warming.touched.is_set()
    assert warming.warmed.is_set()
    assert not warming.loaded.is_set()


def test_touching_is_not_reading(opened: OpenSource, rules: HydrationConfig) -> None:
    warmed(opened, rules, stored())
    assert opened.ledger.read([range(BLOCKS)]) == 0


def test_without_a_map_the_roots_are_read(opened: OpenSource, rules: HydrationConfig) -> None:
    warming = warmed(opened, rules, FakeMapStore())
    assert touched_blocks(opened) == [0]
    assert [found.state for found in warming.maps] == ["missing"]
    assert warming.touched.is_set()


@pytest.mark.parametrize(
    "store",
    [
        None,
        FakeMapStore(raises=fails("aws_access_denied")),
        FakeMapStore({str(DATABASE_UUID): b"torn"}),
    ],
    ids=["off", "unavailable", "unreadable"],
)
def test_a_map_that_cannot_be_had_makes_it_slower_and_not_wrong(
    opened: OpenSource, rules: HydrationConfig, store: FakeMapStore | None
) -> None:
    assert warmed(opened, rules, store).warmed.is_set()
    assert touched_blocks(opened) == [0]


def test_where_there_is_room_every_hot_page_is_read(
    opened: OpenSource, rules: HydrationConfig
) -> None:
    assert warmed(opened, rules, stored()).tally.bytes == (ROOTS + 3) * PAGE_BYTES


def test_where_there_is_none_one_page_of_each_block_is_read(
    opened: OpenSource, rules: HydrationConfig
) -> None:
    warming = warmed(opened, rules, stored(), room_bytes=0)
    assert warming.tally.bytes == (ROOTS + 2) * PAGE_BYTES
    assert warming.warmed.is_set()


def test_whole_blocks_are_read_where_that_is_asked_for(
    opened: OpenSource, rules: HydrationConfig
) -> None:
    """And then the hot pages, for the page cache: the blocks go around it."""
    warming = warmed(opened, replace(rules, hot_read="blocks"), stored())
    assert warming.tally.bytes == 2 * BLOCK_BYTES + (ROOTS + 3) * PAGE_BYTES
    assert touched_blocks(opened) == [0, 2, 5]


def test_whole_blocks_are_not_read_again(opened: OpenSource, rules: HydrationConfig) -> None:
    warmed(opened, replace(rules, hot_read="blocks"), stored())
    assert list(opened.ledger.unread([range(BLOCKS)])) == [1, 3, 4, 6, 7, 8, 9, 0]


def test_how_fast_the_volume_fetched_is_noted(opened: OpenSource, rules: HydrationConfig) -> None:
    assert warmed(opened, rules, stored()).fetch_rate > 0


def test_a_volume_without_a_database_is_warm_at_once(
    tmp_path: Path, rules: HydrationConfig
) -> None:
    with an_open_source(tmp_path, {}) as opened:
        warming = warmed(opened, rules, stored())
    assert (warming.hot_blocks, warming.tally.pieces, warming.pct) == (0, 0, 0.0)
    assert warming.touched.is_set()


def test_it_stops_when_it_is_told_to(opened: OpenSource, rules: HydrationConfig) -> None:
    warming = Warming()
    warming.stopping.set()
    with pytest.raises(Cancelled):
        warmed(opened, rules, stored(), warming=warming)
    assert not warming.warmed.is_set()


def test_all_that_was_touched_counts_in_percent(opened: OpenSource) -> None:
    assert touched_pct(opened) == 0.0
    opened.ledger.mark_read(1)
    opened.ledger.mark_touched(2)
    opened.ledger.mark_read(BLOCKS)  # of the device, and of no database
    assert touched_pct(opened) == 20.0
