"""Finding hot maps, and giving back what was learnt."""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass, replace

import pytest

from fakes.clock import FakeClock
from fakes.databases import DATABASE_UUID
from fakes.fault import fails
from fakes.hydration import FakeMapStore
from fakes.loading import MONDAY, a_hot_map, an_open_database, an_open_file, pages_at, runs
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.hydration import PageRun, StoredMap
from ladybug_agent.resources.hydration.hot_map import Generation, HotMap
from ladybug_agent.resources.hydration.map_codec import decode_map, encode_map
from ladybug_agent.resources.hydration.maps import FoundMap, find_maps, store_recording

IDENTITY = str(DATABASE_UUID)
OTHER_UUID = uuid.UUID("0db0db0d-0000-4000-8000-00000000000b")
DATABASE = an_open_database(an_open_file(*pages_at((0, 0, 100))))
HOT = a_hot_map(runs(0, 5), runs(50))


def found_in(store: FakeMapStore | None) -> FoundMap:
    (found,) = find_maps(store, [DATABASE])
    return found


def holding(data: bytes) -> FakeMapStore:
    return FakeMapStore({IDENTITY: data})


def test_the_map_of_a_database_is_found() -> None:
    found = found_in(holding(encode_map(HOT)))
    assert (found.database, found.state, found.hot) == ("sec", "found", HOT)


def test_a_map_of_a_larger_file_is_clipped_to_this_one() -> None:
    found = found_in(holding(encode_map(a_hot_map((PageRun(90, 50),), runs(200)))))
    assert found.hot
    assert (found.hot.opening, found.hot.queries) == ((PageRun(90, 10),), ())


def test_a_map_of_the_database_before_it_grew_is_used() -> None:
    smaller = a_hot_map(runs(5), file_pages=10)
    assert found_in(holding(encode_map(smaller))).hot == smaller


@pytest.mark.parametrize(
    ("store", "state", "detail"),
    [
        (None, "off", "`hydration.maps` is empty"),
        (FakeMapStore(), "missing", "none in memory"),
        (holding(b"torn"), "unreadable", "it has only 4 bytes"),
        (holding(encode_map(HOT)[:-1]), "unreadable", "it is torn"),
        (
            holding(encode_map(a_hot_map(runs(1), identity=OTHER_UUID))),
            "foreign",
            f"it is of database {OTHER_UUID}",
        ),
        (FakeMapStore(raises=fails("aws_access_denied")), "unavailable", "aws_access_denied: "),
    ],
    ids=["off", "missing", "no map", "torn", "of another database", "denied"],
)
def test_where_there_is_none_to_go_by_it_says_why(
    store: FakeMapStore | None, state: str, detail: str
) -> None:
    found = found_in(store)
    assert (found.state, found.hot) == (state, None)
    assert found.detail.startswith(detail)


def test_each_database_has_its_own_map() -> None:
    other = an_open_database(DATABASE.file, name="industry", identity=OTHER_UUID)
    found = find_maps(holding(encode_map(HOT)), [DATABASE, other])
    assert [(one.database, one.state) for one in found] == [
        ("sec", "found"),
        ("industry", "missing"),
    ]


def test_a_map_that_is_not_used_is_logged(log_output: io.StringIO) -> None:
    found_in(holding(b"torn"))
    assert "hot_map_not_used" in log_output.getvalue()


def test_having_none_by_configuration_is_not_logged(log_output: io.StringIO) -> None:
    found_in(None)
    assert log_output.getvalue() == ""


def stored(store: FakeMapStore) -> HotMap:
    return decode_map(store.maps[IDENTITY])


def test_the_first_recording_becomes_the_map(deadline: Deadline) -> None:
    store = FakeMapStore()
    assert store_recording(store, HOT, deadline) == HOT
    assert stored(store) == HOT


def test_a_recording_is_merged_into_the_map(deadline: Deadline) -> None:
    store = holding(encode_map(HOT))
    merged = store_recording(store, a_hot_map(runs(5, 7)), deadline)
    assert merged == stored(store)
    assert merged.opening == (PageRun(0, 1, 1), PageRun(5, 1, 2), PageRun(7, 1, 1))
    assert merged.recordings == 2


def test_who_was_overtaken_merges_once_more(clock: FakeClock, deadline: Deadline) -> None:
    store = holding(encode_map(HOT))
    store.conflicts = 3
    assert store_recording(store, a_hot_map(runs(7)), deadline).recordings == 2
    assert clock.passed_s == pytest.approx(0.6)


@dataclass(slots=True)
class Overtaken(FakeMapStore):
    """A store in which another replica stores its own recording first, once."""

    other: bytes = b""

    def replace(self, database_uuid: str, data: bytes, *, version: str | None) -> bool:
        if self.other:
            self.maps[database_uuid], self.other = self.other, b""
        return FakeMapStore.replace(self, database_uuid, data, version=version)


def test_of_two_recordings_at_once_none_is_lost(deadline: Deadline) -> None:
    store = Overtaken(other=encode_map(a_hot_map(runs(3))))
    merged = store_recording(store, a_hot_map(runs(7)), deadline)
    assert (merged.opening, merged.recordings) == (runs(3, 7), 2)


def test_who_is_overtaken_for_ever_gives_up(deadline: Deadline) -> None:
    store = holding(encode_map(HOT))
    store.conflicts = 10**9
    with pytest.raises(ExternalFailure, match="changed each time") as failure:
        store_recording(store, a_hot_map(runs(7)), deadline.capped(30.0))
    assert failure.value.code == "hot_map_not_stored"
    assert stored(store) == HOT


@pytest.mark.parametrize(
    "data",
    [b"torn", encode_map(a_hot_map(runs(1), identity=OTHER_UUID))],
    ids=["unreadable", "of another database"],
)
def test_a_map_that_cannot_be_gone_by_is_replaced(data: bytes, deadline: Deadline) -> None:
    store = holding(data)
    assert store_recording(store, HOT, deadline) == HOT
    assert stored(store) == HOT


def test_the_replacing_of_an_unreadable_map_is_logged(
    deadline: Deadline, log_output: io.StringIO
) -> None:
    store_recording(holding(b"torn"), HOT, deadline)
    assert "hot_map_replaced" in log_output.getvalue()


def test_a_recording_of_an_earlier_snapshot_changes_nothing(deadline: Deadline) -> None:
    later = replace(HOT, generation=Generation(snapshot_id="snap-2", written_at=MONDAY + 1))
    store = holding(encode_map(later))
    assert store_recording(store, a_hot_map(runs(7)), deadline) == later
    assert stored(store) == later


def test_a_store_that_cannot_be_used_is_an_error(deadline: Deadline) -> None:
    with pytest.raises(ExternalFailure) as failure:
        store_recording(FakeMapStore(raises=fails("aws_access_denied")), HOT, deadline)
    assert failure.value.code == "aws_access_denied"


def test_a_map_with_every_number_at_its_limit_takes_another_recording(deadline: Deadline) -> None:
    full = replace(HOT, recordings=2**32 - 1, opening=(PageRun(0, 1, 0xFFFF),))
    store = holding(encode_map(full))
    assert store_recording(store, HOT, deadline).recordings == 2**32 - 1
    assert isinstance(store.load(IDENTITY), StoredMap)
