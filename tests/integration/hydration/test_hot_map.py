"""Hot maps on a lazily loaded volume: what they hold, and what they are worth."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ladybug_agent.adapters.file_layout import FiemapLayout
from ladybug_agent.resources.hydration.hot_map import HotMap
from ladybug_agent.resources.hydration.map_codec import decode_map, encode_map
from support.asking import asking
from support.graph_databases import QUARTER
from support.hydrating import SLOW, HydrationScene, hydration_scene

pytestmark = [pytest.mark.integration, pytest.mark.alone]

# Half of what the benchmark asks for (docs/performance.md): tests share their machine.
SAME_KEYS, OTHER_KEYS, GROWN = 0.08, 0.16, 0.5


def only_map(scene: HydrationScene) -> tuple[Path, HotMap]:
    (path,) = scene.maps.glob("*.hotmap")
    return path, decode_map(path.read_bytes())


def pages_of(hot: HotMap) -> set[int]:
    runs = (*hot.opening, *hot.queries)
    return {page for run in runs for page in range(run.start, run.end)}


def requested_pages(scene: HydrationScene) -> set[int]:
    """Return the pages of the database that were asked of the device."""
    handle = os.open(scene.database, os.O_RDONLY)
    try:
        extents = FiemapLayout().extents(handle)
    finally:
        os.close(handle)
    found: set[int] = set()
    for request in scene.requests():
        for extent in extents:
            start = max(request.offset, extent.physical)
            stop = min(request.offset + request.length, extent.physical + extent.length)
            shift = extent.logical - extent.physical
            found.update(range((start + shift) // 4096, -(-(stop + shift) // 4096)))
    return found


def test_a_recording_has_every_page_that_the_engine_read(scene: HydrationScene) -> None:
    scene.learn(1)
    _, hot = only_map(scene)
    assert requested_pages(scene) == pages_of(hot)


def test_the_first_tier_is_what_the_opening_touched(scene: HydrationScene) -> None:
    with asking(scene.database, QUARTER, 1, "--pause") as client:
        client.release()
        client.await_opened()
        opening = requested_pages(scene)
        scene.hydrate("record", "--tier", "opening")
        client.release()
        client.answers()
    scene.hydrate("record")
    _, hot = only_map(scene)
    assert {page for run in hot.opening for page in range(run.start, run.end)} == opening
    assert hot.queries


def test_recordings_of_several_replicas_add_up(scene: HydrationScene) -> None:
    scene.learn(1, 2, 3)
    _, hot = only_map(scene)
    assert hot.recordings == 3
    assert {run.seen for run in hot.opening} == {3}
    assert 1 in {run.seen for run in hot.queries}


def test_reading_the_rest_leaves_no_trace_in_a_recording(scene: HydrationScene) -> None:
    scene.learn(1)
    _, before = only_map(scene)
    scene.make_cold()
    scene.hydrate("run", "--fast")  # with the map in the page cache, and nothing else
    scene.hydrate("record")
    _, after = only_map(scene)
    strangers = pages_of(after) - pages_of(before)
    assert len(strangers) < 0.1 * before.pages, "pages between two hot ones, and no others"


def test_a_fresh_recording_forgets_what_the_map_brought_in(scene: HydrationScene) -> None:
    scene.learn(1)
    _, before = only_map(scene)
    run = scene.hydrate("record", "--fresh", "--after", "0.1", "--format", "json")
    assert json.loads(run.stdout)["databases"][0]["recorded_pages"] < before.pages


def test_with_the_map_of_the_same_keys_no_query_waits_for_s3(scene: HydrationScene) -> None:
    scene.learn(1)
    scene.make_cold(SLOW)
    cold_s, right = scene.time_to_useful(seed=1, with_hydration=False)
    touched_cold = set(scene.volume.touched())
    scene.make_cold(SLOW)
    hot_s, answers = scene.time_to_useful(seed=1, with_hydration=True)
    answers.check(right)
    assert hot_s / cold_s < SAME_KEYS
    # Nothing that the engine needs is missing, and nothing is fetched that it does not.
    assert set(scene.volume.touched()) == touched_cold


def test_with_the_map_of_other_keys_few_queries_wait(scene: HydrationScene) -> None:
    scene.learn(11, 12, 13, 14, 15)
    scene.make_cold(SLOW)
    cold_s, right = scene.time_to_useful(seed=1, with_hydration=False)
    needed = set(scene.volume.touched())
    scene.make_cold(SLOW)
    hot_s, answers = scene.time_to_useful(seed=1, with_hydration=True)
    answers.check(right)
    assert hot_s / cold_s < OTHER_KEYS
    _, hot = only_map(scene)
    plan = json.loads(scene.hydrate("plan", "--reads", "--format", "json").stdout)
    foretold = {read["block"] for read in plan["reads"]}
    assert len(needed & foretold) / len(needed) > 0.8
    assert hot.recordings == 5


def test_an_old_map_still_helps_a_database_that_has_grown(
    scene: HydrationScene, grown_image: Path, tmp_path: Path
) -> None:
    scene.learn(1)
    _, hot = only_map(scene)
    other = tmp_path / "grown"
    other.mkdir()
    with hydration_scene(grown_image, other) as grown:
        grown.maps.mkdir()
        (grown.maps / f"{hot.database_uuid}.hotmap").write_bytes(encode_map(hot))
        grown.make_cold(SLOW)
        cold_s, right = grown.time_to_useful(seed=1, with_hydration=False)
        grown.make_cold(SLOW)
        hot_s, answers = grown.time_to_useful(seed=1, with_hydration=True)
        answers.check(right)
        assert hot_s / cold_s < GROWN


def torn(data: bytes) -> bytes:
    return data[: len(data) // 2]


def foreign(data: bytes) -> bytes:
    hot = decode_map(data)
    return encode_map(
        HotMap(
            database_uuid="00000000-0000-4000-8000-000000000000",
            file_pages=hot.file_pages,
            generation=hot.generation,
            recordings=1,
            opening=hot.opening,
            queries=hot.queries,
        )
    )


def past_the_end(data: bytes) -> bytes:
    hot = decode_map(data)
    runs = tuple(run._replace(start=run.start + 10**9) for run in hot.queries)
    return encode_map(
        HotMap(
            database_uuid=hot.database_uuid,
            file_pages=2 * 10**9,
            generation=hot.generation,
            recordings=1,
            opening=hot.opening,
            queries=runs,
        )
    )


def of_a_later_version(data: bytes) -> bytes:
    return data[:4] + b"\x63" + data[5:]


@pytest.fixture
def learnt(scene: HydrationScene) -> HydrationScene:
    scene.learn(1)
    scene.make_cold()
    return scene


@pytest.mark.parametrize(
    ("damage", "state"),
    [
        (torn, "unreadable"),
        (foreign, "foreign"),
        (of_a_later_version, "unreadable"),
        (past_the_end, "found"),
        (lambda _: b"", "unreadable"),
        (lambda _: b"\0" * 5_000_000, "unavailable"),
    ],
    ids=["torn", "foreign", "later version", "past the end", "empty", "too large"],
)
def test_a_bad_map_makes_it_slower_and_never_wrong(
    learnt: HydrationScene, damage: Callable[[bytes], bytes], state: str
) -> None:
    path, _ = only_map(learnt)
    path.write_bytes(damage(path.read_bytes()))
    run = learnt.hydrate("run", "--fast")
    assert run.status == 0, run.events
    assert [told["state"] for told in learnt.report["maps"]] == [state]
    assert learnt.blocks() <= set(learnt.volume.touched())


def test_a_replica_without_a_map_records_one_by_itself(scene: HydrationScene) -> None:
    scene.settings |= {"record": "missing", "background_rate_mib_s": 100}
    with asking(scene.database, QUARTER, 1) as client:
        client.release()
        client.answers()
        run = scene.hydrate("run")
    assert run.status == 0
    _, hot = only_map(scene)
    assert hot.recordings == 1
    assert scene.report["maps"][0]["detail"] == "recorded"


def test_how_well_the_map_foretold_is_reported(scene: HydrationScene) -> None:
    scene.learn(1)
    scene.make_cold()
    with asking(scene.database, QUARTER, 2) as client:
        client.release()
        client.answers()
        scene.hydrate("run", "--fast")
    rate = scene.report["maps"][0]["hit_rate"]
    assert 0.5 < rate < 1.0
