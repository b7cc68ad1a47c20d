"""A real database on a lazily loaded volume: what a client makes it fetch, and what it answers."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.hydration import peers
from bench.hydration.regimes import INSTANT
from bench.hydration.stands import Stand
from ladybug_lab.depot import cache_directory
from ladybug_lab.volumes.lazy.volume import BLOCK_BYTES, LazyVolume, lazy_volume
from support.asking import ClientEndedError, WrongAnswerError, ask, asking
from support.graph_databases import QUARTER, graph_database, grown_database
from support.graph_mix import USEFUL
from support.graph_volumes import graph_volume

_MODES = ("buffered", "direct", "direct", "buffered")

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def volume() -> Iterator[LazyVolume]:
    image = graph_volume(graph_database(QUARTER), cache_directory() / "graph-volumes")
    with lazy_volume(image, INSTANT) as lazy:
        yield lazy


@pytest.fixture
def stand(volume: LazyVolume, tmp_path: Path) -> Stand:
    mount = tmp_path / "mount"
    mount.mkdir()
    return Stand(QUARTER, graph_database(QUARTER), volume, mount)


def test_a_cold_mix_touches_a_part_of_the_volume_and_each_time_the_same(stand: Stand) -> None:
    counts = []
    for _ in range(2):
        with stand.cold(INSTANT) as mounted:
            at_rest = mounted.touched_count()
            ask(mounted.database, QUARTER, seed=1).check(stand.truth(1, USEFUL))
            counts.append(mounted.touched_count() - at_rest)
    assert counts[0] == counts[1]
    assert 50 < counts[0] < stand.database_bytes / BLOCK_BYTES / 2


def test_an_answer_from_another_key_is_a_wrong_one(stand: Stand) -> None:
    with pytest.raises(WrongAnswerError, match="of 15 answers these are wrong"):
        ask(graph_database(QUARTER), QUARTER, seed=2).check(stand.truth(1, USEFUL))


def test_an_endless_client_answers_until_it_is_stopped(stand: Stand) -> None:
    with asking(graph_database(QUARTER), QUARTER, 3, "--endless") as client:
        client.release()
        client.await_opened()
        client.stop()
        answers = client.answers()
    answers.check(stand.truth(3, len(answers.digests)))


def test_a_client_without_a_database_says_so(tmp_path: Path) -> None:
    with pytest.raises(ClientEndedError):
        ask(tmp_path / "none.lbug", QUARTER, seed=1)


def test_the_compiled_reader_touches_what_its_plan_says(stand: Stand, tmp_path: Path) -> None:
    plan = tmp_path / "it.plan"
    with stand.cold(INSTANT) as mounted:
        at_rest = set(mounted.volume.touched())
        lines = [f"{mounted.database} {2**20 * n} 4096 {how}" for n, how in enumerate(_MODES, 8)]
        plan.write_text("\n".join(lines))
        subprocess.run(peers.reader(plan).argv, check=True)
        assert len(set(mounted.volume.touched()) - at_rest) == len(lines)


def test_a_grown_database_is_the_same_one_with_more_in_it() -> None:
    before, after = graph_database(QUARTER), grown_database(QUARTER)
    assert uuid_of(before) == uuid_of(after)
    assert 1 < after.stat().st_size / before.stat().st_size < 1.1
    more = replace(QUARTER, first_entity=QUARTER.entities, entities=QUARTER.entities // 100)
    ask(after, replace(QUARTER, entities=more.end_entity), seed=1)


def uuid_of(database: Path) -> bytes:
    with database.open("rb") as file:
        return file.read(44)[28:]
