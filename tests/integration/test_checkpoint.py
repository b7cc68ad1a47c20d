"""A checkpoint that the snapshot cut in two, finished by the lab image's own engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ladybug_agent.errors import Refused
from support.engine_image import ROWS, add_unfinished, lab_image, make_database
from support.one_database import (
    Snapshot,
    a_snapshot,
    crash,
    garble_log,
    leave_checkpoint,
    make_writable,
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


def test_a_checkpoint_takes_the_log_into_the_database(snapshot: Snapshot) -> None:
    add_unfinished(snapshot.database)
    make_writable(snapshot)
    snapshot.checkpoint()
    assert list(snapshot.digests()) == ["sec.lbug"]
    assert snapshot.check().tables["sec"]["Filing"] == ROWS["Filing"] + 1


def test_a_checkpoint_that_was_cut_in_two_is_finished(snapshot: Snapshot) -> None:
    leave_checkpoint(snapshot)
    make_writable(snapshot)
    assert snapshot.refusal().code == "snapshot_recovery_pending"
    snapshot.checkpoint()
    assert snapshot.check().tables["sec"] == ROWS


@pytest.mark.parametrize(
    ("damage", "words"), [(garble_log, "it says: .*Checksum"), (crash, "ended with SIGSEGV")]
)
def test_a_checkpoint_that_fails_is_told_in_the_engines_words(
    snapshot: Snapshot, damage: Callable[[Snapshot], None], words: str
) -> None:
    damage(snapshot)
    make_writable(snapshot)
    with pytest.raises(Refused, match=words) as refusal:
        snapshot.checkpoint()
    assert refusal.value.code == "snapshot_recovery_failed"


def test_without_the_right_to_write_nothing_is_recovered(snapshot: Snapshot) -> None:
    with pytest.raises(Refused, match="Permission denied"):
        snapshot.checkpoint()
