"""`hydrate record`: a hot map of a replica that serves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fakes.clock import FakeClock
from fakes.fault import fails
from fakes.hydration import FakeMapStore, FakePageCache
from fakes.instance import SNAPSHOT
from fakes.loading import PAGES_A_BLOCK, a_hot_map, runs
from fakes.replica import IDENTITY, Replica
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import Cancelled, ConfigError, ExternalFailure, Refused
from ladybug_agent.hydrate.openings import kept_opening
from ladybug_agent.hydrate.record import FRESH_AFTER_S, RecordOrder, record_now
from ladybug_agent.hydrate.recorder import Recording
from ladybug_agent.model.hydration import PageRun
from ladybug_agent.resources.hydration.map_codec import encode_map
from ladybug_agent.state import StateDirectory

NOW = RecordOrder()


def recorded(replica: Replica, deadline: Deadline, order: RecordOrder = NOW) -> Recording:
    (made,) = record_now(replica.config, replica.world, order, deadline)
    return made


def test_what_is_in_memory_becomes_the_map(tmp_path: Path, deadline: Deadline) -> None:
    replica = Replica.make(tmp_path, page_cache=FakePageCache((PageRun(0, 3), PageRun(50, 2))))
    made = recorded(replica, deadline)
    assert (made.database, made.recorded.pages, made.hit_rate) == ("sec", 5, None)
    assert made.stored == replica.map
    assert replica.map
    assert replica.map.generation.snapshot_id == SNAPSHOT.snapshot_id
    assert replica.map.database_uuid == IDENTITY


def test_a_recording_is_merged_and_says_how_well_the_map_did(
    tmp_path: Path, deadline: Deadline
) -> None:
    cache = FakePageCache(runs(2 * PAGES_A_BLOCK, 5 * PAGES_A_BLOCK))
    replica = Replica.make(tmp_path, page_cache=cache)
    written_at = int(replica.database.stat().st_mtime)
    known = a_hot_map((), runs(2 * PAGES_A_BLOCK))
    known = replace(known, generation=replace(known.generation, written_at=written_at))
    replica.world.maps.maps[IDENTITY] = encode_map(known)
    made = recorded(replica, deadline)
    assert made.hit_rate == 0.5
    assert replica.map
    assert replica.map.queries == (
        PageRun(2 * PAGES_A_BLOCK, 1, 2),
        PageRun(5 * PAGES_A_BLOCK, 1, 1),
    )


def test_an_opening_is_kept_until_queries_are_recorded(tmp_path: Path, deadline: Deadline) -> None:
    replica = Replica.make(tmp_path, page_cache=FakePageCache((PageRun(0, 3),)))
    made = recorded(replica, deadline, RecordOrder(tier="opening"))
    assert (made.stored, replica.map) == (None, None)
    kept = kept_opening(replica.state_dir, IDENTITY)
    assert kept
    assert kept.opening == (PageRun(0, 3),)
    replica.world.page_cache.pages = (PageRun(0, 8),)
    assert recorded(replica, deadline).stored == replica.map
    assert replica.map
    assert (replica.map.opening, replica.map.queries) == ((PageRun(0, 3),), (PageRun(3, 5),))


def test_without_an_opening_of_its_own_that_of_the_map_counts(
    tmp_path: Path, deadline: Deadline
) -> None:
    replica = Replica.make(
        tmp_path, hot=a_hot_map((PageRun(0, 3, 9),)), page_cache=FakePageCache((PageRun(0, 8),))
    )
    made = recorded(replica, deadline)
    assert made.recorded.opening == (PageRun(0, 3, 1),)
    assert made.recorded.queries == (PageRun(3, 5, 1),)


def test_an_opening_that_was_kept_torn_is_none(tmp_path: Path) -> None:
    assert kept_opening(tmp_path, IDENTITY) is None
    (tmp_path / "openings").mkdir()
    (tmp_path / "openings" / f"{IDENTITY}.hotmap").write_bytes(b"torn")
    assert kept_opening(tmp_path, IDENTITY) is None


def test_a_recording_is_made_at_once(tmp_path: Path, clock: FakeClock, deadline: Deadline) -> None:
    recorded(Replica.make(tmp_path), deadline)
    assert clock.passed_s == 0.0


def test_a_recording_may_wait(tmp_path: Path, clock: FakeClock, deadline: Deadline) -> None:
    recorded(Replica.make(tmp_path), deadline, RecordOrder(after_s=90.0))
    assert clock.passed_s == 90.0


class Refilled(FakePageCache):
    """Memory that queries fill again after it was emptied."""

    def evict(self, handle: int) -> None:
        FakePageCache.evict(self, handle)
        self.pages = runs(700)


def test_a_fresh_recording_empties_memory_and_waits(
    tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    replica = Replica.make(tmp_path, page_cache=Refilled(runs(5)))
    made = recorded(replica, deadline, RecordOrder(fresh=True))
    assert (made.recorded.queries, clock.passed_s) == (runs(700), FRESH_AFTER_S)
    assert replica.world.page_cache.evicted == 1


def test_a_fresh_recording_may_be_told_how_long_to_wait(
    tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    recorded(Replica.make(tmp_path), deadline, RecordOrder(fresh=True, after_s=5.0))
    assert clock.passed_s == 5.0


def test_a_recording_that_is_told_to_stop_stores_nothing(
    tmp_path: Path, deadline: Deadline
) -> None:
    replica = Replica.make(tmp_path, page_cache=FakePageCache(runs(5)))
    deadline.cancel()
    with pytest.raises(Cancelled):
        recorded(replica, deadline, RecordOrder(after_s=90.0))
    assert replica.map is None


def test_without_a_place_for_maps_it_is_a_usage_error(tmp_path: Path, deadline: Deadline) -> None:
    with pytest.raises(ConfigError, match="names no place for maps") as failure:
        recorded(Replica.make(tmp_path).without_maps(), deadline)
    assert failure.value.code == "hot_map_nowhere"


def test_with_nothing_mounted_it_is_refused(tmp_path: Path, deadline: Deadline) -> None:
    with pytest.raises(Refused) as refusal:
        recorded(Replica.make(tmp_path, options=None), deadline)
    assert refusal.value.code == "hydration_without_mount"


def test_a_map_that_cannot_be_stored_is_an_error(tmp_path: Path, deadline: Deadline) -> None:
    replica = Replica.make(tmp_path, maps=FakeMapStore(raises=fails("aws_access_denied")))
    with pytest.raises(ExternalFailure) as failure:
        recorded(replica, deadline)
    assert failure.value.code == "aws_access_denied"


def test_an_opening_that_cannot_be_kept_is_an_error_of_the_state_directory(
    tmp_path: Path, deadline: Deadline
) -> None:
    replica = Replica.make(tmp_path)
    replica.state_dir.write_text("in the way")
    with pytest.raises(ExternalFailure) as failure:
        recorded(replica, deadline, RecordOrder(tier="opening"))
    assert failure.value.code == "state_directory_unusable"


def test_recording_beside_a_run_is_allowed(tmp_path: Path, deadline: Deadline) -> None:
    """A timer may record while the background reads."""
    replica = Replica.make(tmp_path)
    with StateDirectory(replica.state_dir).locked_for_hydration():
        assert recorded(replica, deadline).stored
