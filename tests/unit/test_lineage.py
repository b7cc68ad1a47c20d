"""How old the data is: by the manifest, or else by EC2, or unknown."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from fakes.build import a_config
from fakes.clock import STARTED_AT
from fakes.evidence import a_volume
from fakes.instance import SNAPSHOT, VOLUME, FakeEc2
from ladybug_agent.errors import ExternalFailure, Refused
from ladybug_agent.model.storage import SnapshotFacts
from ladybug_agent.resources.contents.manifest import Manifest
from ladybug_agent.resources.lineage import Lineage, inspect_lineage

NOW = STARTED_AT
Look = Callable[..., Lineage]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Return a function that asks for the lineage; keyword arguments are the configuration."""

    def inspect(ec2: FakeEc2, manifest: Manifest | None = None, **rules: object) -> Lineage:
        configured = {f"data.{key}": value for key, value in rules.items()}
        data = a_config(tmp_path, **configured).data
        return inspect_lineage(ec2, a_volume(), manifest, data, NOW)

    return inspect


def aged(days: float) -> SnapshotFacts:
    return replace(SNAPSHOT, started_at=NOW - timedelta(days=days))


def told_at(taken_at: datetime) -> Manifest:
    return Manifest(taken_at=taken_at, databases=(), source_volume_id="vol-0writer")


def refused(look: Look, ec2: FakeEc2, **rules: object) -> Refused:
    with pytest.raises(Refused) as caught:
        look(ec2, **rules)
    return caught.value


def test_ec2_tells_when_and_of_what_the_snapshot_was_taken(look: Look) -> None:
    assert look(FakeEc2()) == Lineage(
        taken_at=SNAPSHOT.started_at,
        told_by="ec2",
        source_volume_id=SNAPSHOT.volume_id,
        is_stale=False,
    )


def test_a_manifest_goes_before_ec2_and_saves_the_call(look: Look) -> None:
    ec2 = FakeEc2()
    found = look(ec2, told_at(NOW - timedelta(hours=2)))
    assert found.taken_at == NOW - timedelta(hours=2)
    assert (found.told_by, found.source_volume_id) == ("manifest", "vol-0writer")
    assert ec2.snapshot_looks == 0


@pytest.mark.parametrize("code", ["aws_access_denied", "aws_throttled", "aws_unreachable"])
def test_an_ec2_that_cannot_be_asked_leaves_the_age_unknown(
    look: Look, log_output: io.StringIO, code: str
) -> None:
    silent = FakeEc2(snapshot=ExternalFailure(code, "no answer", hint="allow it"))
    assert look(silent, on_stale_snapshot="refuse") == Lineage(
        taken_at=None, told_by="", source_volume_id="", is_stale=False
    )
    assert silent.snapshot_looks == 1
    assert f'"code": "{code}"' in log_output.getvalue()
    assert "snapshot_age_unknown" in log_output.getvalue()


def test_a_snapshot_that_ec2_knows_no_more_has_no_age(look: Look) -> None:
    assert look(FakeEc2(snapshot=None)).taken_at is None


@pytest.mark.parametrize(
    "attached", [None, replace(VOLUME, snapshot_id="")], ids=["unknown", "made from nothing"]
)
def test_without_a_snapshot_nobody_is_asked(tmp_path: Path, attached: None) -> None:
    ec2, rules = FakeEc2(), a_config(tmp_path).data
    found = inspect_lineage(ec2, a_volume(attached=attached), None, rules, NOW)
    assert (found.taken_at, ec2.snapshot_looks) == (None, 0)


@pytest.mark.parametrize(("days", "is_stale"), [(6.99, False), (7.0, False), (7.01, True)])
def test_a_snapshot_beyond_its_age_is_stale(look: Look, days: float, *, is_stale: bool) -> None:
    assert look(FakeEc2(snapshot=aged(days))).is_stale is is_stale
    assert look(FakeEc2(), told_at(aged(days).started_at)).is_stale is is_stale


def test_a_stale_snapshot_is_warned_of(look: Look, log_output: io.StringIO) -> None:
    look(FakeEc2(snapshot=aged(8)))
    assert "snapshot_stale" in log_output.getvalue()
    assert '"age_days": 8.0' in log_output.getvalue()


def test_a_stale_snapshot_is_refused_where_that_is_asked_for(look: Look) -> None:
    error = refused(look, FakeEc2(snapshot=aged(8)), on_stale_snapshot="refuse")
    assert (error.code, "8.0 days ago; at most 7" in str(error)) == ("snapshot_stale", True)
    assert look(FakeEc2(snapshot=aged(6)), on_stale_snapshot="refuse").taken_at is not None


def test_where_age_is_ignored_nobody_is_asked(look: Look) -> None:
    ec2 = FakeEc2(snapshot=aged(3650))
    found = look(ec2, told_at(NOW - timedelta(days=3650)), on_stale_snapshot="ignore")
    assert (found.taken_at, found.is_stale, ec2.snapshot_looks) == (None, False, 0)


def test_data_of_the_future_is_not_stale(look: Look) -> None:
    """The clocks of two machines differ."""
    assert not look(FakeEc2(snapshot=aged(-1)), on_stale_snapshot="refuse").is_stale


def test_a_snapshot_that_failed_is_refused(look: Look) -> None:
    error = refused(look, FakeEc2(snapshot=replace(SNAPSHOT, state="error")))
    assert (error.code, SNAPSHOT.snapshot_id in str(error)) == ("snapshot_state_error", True)


def test_the_encryption_that_counts_is_the_volumes_own(look: Look) -> None:
    """An encrypted volume can be made from a snapshot that is not."""
    assert look(FakeEc2(snapshot=replace(SNAPSHOT, encrypted=False))).told_by == "ec2"
