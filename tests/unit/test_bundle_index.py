"""The package index, by pip itself: here it is a folder, named as an operator would name it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ladybug_agent.errors import ConfigError, ExternalFailure, Refused, error_chain
from ladybug_fleet.bundle.checkout import Checkout
from ladybug_fleet.bundle.index import fetch_pins
from ladybug_fleet.bundle.lock import Pin, read_lock
from ladybug_fleet.bundle.lock_file import renew_lock
from support.bundles import copy_clone
from support.wheels import make_wheel

pytestmark = pytest.mark.thorough  # a run of pip takes half a second


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    return tmp_path / "index"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_pinned_wheels_are_fetched_and_no_others(index: Path, tmp_path: Path) -> None:
    pins = [make_wheel(index, "one", requires=["three"]), make_wheel(index, "two")]
    make_wheel(index, "one", "2.0")
    make_wheel(index, "three")
    fetch_pins(pins, tmp_path / "wheels")
    assert names_in(tmp_path / "wheels") == ["one-1.0-py3-none-any.whl", "two-1.0-py3-none-any.whl"]


def test_the_pure_wheel_is_fetched_where_there_is_a_compiled_one(
    index: Path, tmp_path: Path
) -> None:
    tag = f"cp{sys.version_info.major}{sys.version_info.minor}"
    make_wheel(index, "one", tag=f"{tag}-{tag}-manylinux_2_17_x86_64")
    pin = make_wheel(index, "one")
    fetch_pins([pin], tmp_path / "wheels")
    assert names_in(tmp_path / "wheels") == ["one-1.0-py3-none-any.whl"]


@pytest.mark.parametrize(
    ("pin", "told"),
    [
        (Pin(name="one", version="1.0", sha256="0" * 64), "DO NOT MATCH THE HASHES"),
        (Pin(name="one", version="3.0", sha256="0" * 64), "one==3.0"),
    ],
    ids=["other bytes", "no such version"],
)
def test_what_pip_says_is_told_and_nothing_is_left(
    pin: Pin, told: str, index: Path, tmp_path: Path
) -> None:
    make_wheel(index, "one")
    with pytest.raises(ExternalFailure) as caught:
        fetch_pins([pin], tmp_path / "wheels")
    assert caught.value.code == "wheels_not_fetched"
    assert told in "\n".join(error_chain(caught.value))
    assert names_in(tmp_path / "wheels") == []


def test_a_folder_that_cannot_be_made_is_told(index: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExternalFailure, match=r"write below .*file/wheels") as caught:
        fetch_pins([make_wheel(index, "one")], tmp_path / "file/wheels")
    assert caught.value.code == "bundle_not_written"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A clone that needs one library, and runs on this Python and later ones."""
    made = copy_clone(tmp_path / "clone")
    running = f">={sys.version_info.major}.{sys.version_info.minor}"
    return replace(
        made, project={**made.project, "dependencies": ["one>=1"], "requires-python": running}
    )


def test_the_lock_has_the_newest_that_fit_and_what_they_need(
    index: Path, checkout: Checkout
) -> None:
    make_wheel(index, "one", "1.0")
    pins = [make_wheel(index, "one", "1.5", requires=["two<2"]), make_wheel(index, "two", "1.9")]
    make_wheel(index, "two", "2.0")
    assert renew_lock(checkout) == pins
    assert read_lock(checkout.lock) == pins


def test_a_library_that_is_only_compiled_is_never_locked(index: Path, checkout: Checkout) -> None:
    before = checkout.lock.read_bytes()
    tag = f"cp{sys.version_info.major}{sys.version_info.minor}"
    make_wheel(index, "one", tag=f"{tag}-{tag}-manylinux_2_17_x86_64")
    with pytest.raises(ExternalFailure) as caught:
        renew_lock(checkout)
    assert caught.value.code == "wheels_not_fetched"
    assert checkout.lock.read_bytes() == before


def test_what_only_a_later_python_needs_is_not_left_out_unseen(
    index: Path, checkout: Checkout
) -> None:
    make_wheel(index, "one", "1.0", requires=["two; python_version >= '3.14'"])
    make_wheel(index, "two")
    with pytest.raises((Refused, ConfigError), match="wanted `two"):
        renew_lock(checkout)
