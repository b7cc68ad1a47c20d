"""Publishing: each file is looked at after its upload, and the one that is wrong is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.store import FakeStore
from ladybug_agent import __version__
from ladybug_agent.errors import AgentError, ExternalFailure, Refused
from ladybug_fleet.bundle.check import CheckedBundle
from ladybug_fleet.bundle.checkout import Checkout
from ladybug_fleet.publishing.artefact import Artefact, artefacts
from ladybug_fleet.publishing.publish import Published, publish_all

FILES = (
    Artefact("bundle.tar.gz", b"wheels" * 1000),
    Artefact("cloudformation/replicas.yaml", b"Resources: {}\n"),
    Artefact("SHA256SUMS", b"sums\n"),
)
NAMES = [one.name for one in FILES]


def publish(store: FakeStore, files: Sequence[Artefact] = FILES) -> list[Published]:
    return publish_all(store, files, lambda _: None)


def failure(store: FakeStore, files: Sequence[Artefact] = FILES) -> AgentError:
    with pytest.raises(AgentError) as caught:
        publish(store, files)
    return caught.value


def test_every_file_is_there_as_it_is_here() -> None:
    store = FakeStore()
    done = publish(store)
    assert store.objects == {one.name: one.data for one in FILES}
    assert [(one.name, one.outcome) for one in done] == [(name, "uploaded") for name in NAMES]
    assert [one.uri for one in done] == [f"s3://fake/{name}" for name in NAMES]


def test_each_file_is_told_when_it_is_done() -> None:
    told: list[Published] = []
    done = publish_all(FakeStore(), FILES, told.append)
    assert told == done


def test_a_second_run_changes_nothing() -> None:
    store = FakeStore()
    publish(store)
    before = dict(store.objects)
    assert [one.outcome for one in publish(store)] == ["was there"] * 3
    assert store.objects == before


@pytest.mark.parametrize("name", NAMES)
def test_finding_05_the_file_whose_upload_was_corrupted_is_named(name: str) -> None:
    error = failure(FakeStore(corrupts=name))
    assert isinstance(error, ExternalFailure)
    assert (error.code, error.facts["file"]) == ("upload_corrupted", name)
    assert f"wanted {name} at s3://fake/{name}" in str(error)
    assert f"aws s3 rm s3://fake/{name}" in error.hint


@pytest.mark.parametrize("name", NAMES)
def test_finding_05_the_file_that_was_refused_is_named(name: str) -> None:
    error = failure(FakeStore(refuses=name))
    assert (error.code, name in str(error)) == ("aws_access_denied", True)


def test_a_file_that_vanished_is_named() -> None:
    error = failure(FakeStore(loses=NAMES[1]))
    assert (error.code, error.facts["file"]) == ("upload_corrupted", NAMES[1])


def test_nothing_is_uploaded_after_the_file_that_failed() -> None:
    store = FakeStore(corrupts=NAMES[1])
    failure(store)
    assert list(store.objects) == NAMES[:2]


def test_a_run_that_failed_is_repeated() -> None:
    store = FakeStore(refuses=NAMES[1])
    failure(store)
    again = FakeStore()
    again.objects.update(store.objects)
    assert [one.outcome for one in publish(again)] == ["was there", "uploaded", "uploaded"]


@pytest.mark.parametrize("keeps_digests", [True, False])
def test_a_published_file_is_never_replaced(keeps_digests: bool) -> None:  # noqa: FBT001
    store = FakeStore(keeps_digests=keeps_digests)
    publish(store)
    changed = Artefact(NAMES[1], b"Resources: []\n")
    error = failure(store, [FILES[0], changed])
    assert isinstance(error, Refused)
    assert (error.code, error.facts["file"]) == ("version_published_differently", NAMES[1])
    assert store.objects[NAMES[1]] == FILES[1].data


def test_a_store_without_check_sums_is_read_back() -> None:
    store = FakeStore(keeps_digests=False)
    publish(store)
    assert store.read_back == NAMES


def test_a_store_without_check_sums_does_not_hide_a_corruption() -> None:
    error = failure(FakeStore(keeps_digests=False, corrupts=NAMES[0]))
    assert error.code == "upload_corrupted"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A clone that has nothing but templates."""
    folder = tmp_path / "packaging/cloudformation"
    folder.mkdir(parents=True)
    for name in ("replicas.yaml", "registry.yaml", "notes.txt"):
        (folder / name).write_text(f"# {name}\n")
    return Checkout(root=tmp_path, version=__version__, project={})


BUNDLE = CheckedBundle(
    filename=f"ladybug-agent-{__version__}.tar.gz",
    version=__version__,
    sha256=Artefact("", b"data").digest.hex(),
    data=b"data",
    members=(),
)


def test_bundle_templates_and_check_sums_are_published_in_that_order(checkout: Checkout) -> None:
    assert [one.name for one in artefacts(BUNDLE, checkout)] == [
        BUNDLE.filename,
        f"{BUNDLE.filename}.sha256",
        "cloudformation/registry.yaml",
        "cloudformation/replicas.yaml",
        "SHA256SUMS",
    ]


def test_the_check_sums_are_those_of_all_that_came_before(checkout: Checkout) -> None:
    *files, sums = artefacts(BUNDLE, checkout)
    assert sums.data.decode().splitlines() == [f"{one.digest.hex()}  {one.name}" for one in files]


def test_a_bundle_of_another_version_is_not_published(checkout: Checkout) -> None:
    with pytest.raises(Refused, match=f"version {__version__}, .*found 9.9.9") as caught:
        artefacts(replace(BUNDLE, version="9.9.9"), checkout)
    assert caught.value.code == "bundle_version_differs"
