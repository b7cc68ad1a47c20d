"""The deep check, by the lab image's own engine, on whole and on broken databases."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import ladybug
import pytest

from contract.support.timing import ends_within
from ladybug_agent.errors import DeadlineExceeded, ExternalFailure, Refused
from ladybug_agent.resources.engine.open_check import OpenedDatabases
from support.engine_image import ROWS, add_unfinished, lab_image, make_database
from support.one_database import (
    Snapshot,
    a_snapshot,
    crash,
    cut,
    garble_log,
    hide,
    leave_checkpoint,
    make_newer,
    tear_log,
    zero_catalog,
)

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def image_id() -> Iterator[str]:
    with lab_image() as built:
        yield built


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "sec.lbug"
    make_database(path)
    return path


@pytest.fixture
def snapshot(tmp_path: Path, image_id: str, whole: Path) -> Snapshot:
    return a_snapshot(tmp_path, image_id, whole)


def test_a_whole_database_opens_and_is_not_touched(snapshot: Snapshot) -> None:
    before = snapshot.digests()
    opened = snapshot.check(rows=ROWS["Filing"])
    assert opened == OpenedDatabases(tables={"sec": ROWS}, engine=f"ladybug {ladybug.version}")
    assert snapshot.digests() == before


def test_what_is_in_the_log_only_is_counted_and_stays_there(snapshot: Snapshot) -> None:
    add_unfinished(snapshot.database).chmod(0o644)
    before = snapshot.digests()
    assert snapshot.check().tables["sec"]["Filing"] == ROWS["Filing"] + 1
    assert (snapshot.digests(), len(before)) == (before, 2)


def test_other_rows_than_wanted_are_refused(snapshot: Snapshot) -> None:
    with pytest.raises(Refused, match="wanted 7 rows, found 2000") as refusal:
        snapshot.check(rows=7)
    assert refusal.value.code == "snapshot_counts_differ"


@pytest.mark.parametrize(
    ("damage", "code", "words"),
    [
        (crash, "snapshot_database_crashes_engine", "SIGSEGV over the database sec; .*Fatal"),
        (zero_catalog, "snapshot_database_will_not_open", "in catalog"),
        (cut, "snapshot_database_will_not_open", "outside the database file"),
        (tear_log, "snapshot_database_will_not_open", r"Reading past the end .*sec\.lbug\.wal"),
        (garble_log, "snapshot_database_will_not_open", "Checksum verification failed"),
        (hide, "snapshot_database_will_not_open", "Permission denied"),
        (leave_checkpoint, "snapshot_recovery_pending", "while checkpoint recovery is pending"),
        (make_newer, "storage_version_unreadable", "different version"),
    ],
)
def test_a_broken_database_is_refused_in_the_engines_words(
    snapshot: Snapshot, damage: Callable[[Snapshot], None], code: str, words: str
) -> None:
    damage(snapshot)
    before = snapshot.digests()
    with pytest.raises(Refused, match=words) as refusal:
        snapshot.check()
    assert (refusal.value.code, refusal.value.facts["database"]) == (code, "sec")
    assert "/ladybug-snapshot" not in str(refusal.value)
    assert snapshot.digests() == before


def test_an_engine_that_hangs_is_ended_by_the_deadline(snapshot: Snapshot) -> None:
    snapshot.database.unlink()
    os.mkfifo(snapshot.database)  # the engine waits in it
    with ends_within(3.5), pytest.raises(DeadlineExceeded):
        snapshot.check(within_s=1.5)


def test_too_little_memory_is_told(snapshot: Snapshot) -> None:
    small = replace(snapshot.rules, memory_bytes=20 * 2**20)
    with pytest.raises(ExternalFailure, match="with 20 MiB: memory ran out") as failure:
        snapshot.check(rules=small)
    assert failure.value.code == "open_check_out_of_memory"


def test_an_image_without_that_python_cannot_be_asked(snapshot: Snapshot) -> None:
    with pytest.raises(ExternalFailure, match="no program `/opt/python`") as failure:
        snapshot.check(rules=replace(snapshot.rules, python="/opt/python"))
    assert failure.value.code == "open_check_not_possible"
