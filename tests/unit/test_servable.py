"""Whether the image reads the snapshot's storage version."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.evidence import a_database, a_snapshot, an_image
from fakes.instance import IDENTITY
from ladybug_agent.errors import ConfigError, Refused
from ladybug_agent.resources.empty import EmptyByRequest
from ladybug_agent.resources.servable import ServableSnapshot, judge_servable


def judge(tmp_path: Path, version: int, *, label: str, configured: str = "") -> ServableSnapshot:
    snapshot = a_snapshot(tmp_path, a_database(storage_version=version))
    return judge_servable(snapshot, an_image(label), configured)


@pytest.mark.parametrize("version", [40, 41, 49])
def test_a_version_inside_the_range_passes(tmp_path: Path, version: int) -> None:
    assert judge(tmp_path, version, label="40-49").version_check == "passed"


def test_a_range_may_be_one_version(tmp_path: Path) -> None:
    assert judge(tmp_path, 41, label="41").version_check == "passed"


def test_a_database_of_a_newer_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="has storage version 50, the image reads 40-49") as caught:
        judge(tmp_path, 50, label="40-49")
    assert (caught.value.code, caught.value.facts) == (
        "storage_version_too_new",
        {"database": "sec"},
    )


def test_a_database_of_an_older_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="has storage version 39, the image reads 40-49") as caught:
        judge(tmp_path, 39, label="40-49")
    assert caught.value.code == "storage_version_too_old"


def test_every_database_is_judged(tmp_path: Path) -> None:
    snapshot = a_snapshot(tmp_path, a_database(), a_database("industry", storage_version=50))
    with pytest.raises(Refused, match="database industry"):
        judge_servable(snapshot, an_image("40-49"), "")


def test_without_a_label_the_configuration_counts(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="the image reads 42-49"):
        judge(tmp_path, 41, label="", configured="42-49")


def test_the_label_counts_more_than_the_configuration(tmp_path: Path) -> None:
    assert judge(tmp_path, 41, label="40-49", configured="1-2").version_check == "passed"


def test_without_both_the_check_is_skipped_and_says_so(tmp_path: Path) -> None:
    assert judge(tmp_path, 41, label="").version_check == "skipped"


def test_a_range_without_an_end_is_only_its_start(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        judge(tmp_path, 41, label="40-")


@pytest.mark.parametrize("label", ["forty", "40-x", "-49", "40,41"])
def test_a_label_that_is_no_range_is_refused(tmp_path: Path, label: str) -> None:
    with pytest.raises(ConfigError, match=f"found `{label}`") as caught:
        judge(tmp_path, 41, label=label)
    assert caught.value.code == "storage_versions_unreadable"


def test_an_empty_replica_has_nothing_that_could_be_too_new(tmp_path: Path) -> None:
    empty = EmptyByRequest(instance=IDENTITY, directory=tmp_path)
    servable = judge_servable(empty, an_image("40-49"), "")
    assert (servable.data, servable.version_check) == (empty, "passed")


def test_a_label_that_is_no_range_is_refused_without_data_too(tmp_path: Path) -> None:
    empty = EmptyByRequest(instance=IDENTITY, directory=tmp_path)
    with pytest.raises(ConfigError):
        judge_servable(empty, an_image("forty"), "")
