"""A replica without data, because the configuration asks for one."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.instance import IDENTITY
from ladybug_agent.errors import ExternalFailure, Refused
from ladybug_agent.resources.empty import EmptyByRequest, ensure_empty_directory


def ensure(directory: Path) -> EmptyByRequest:
    return ensure_empty_directory(IDENTITY, directory)


def test_the_directory_is_made_and_can_be_read_by_all_and_written_by_nobody(
    tmp_path: Path,
) -> None:
    found = ensure(tmp_path / "state" / "empty")
    assert (found.directory, found.instance) == (tmp_path / "state" / "empty", IDENTITY)
    assert stat.S_IMODE(found.directory.stat().st_mode) == 0o555


@pytest.fixture
def strict_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("strict_umask")
def test_a_strict_umask_does_not_keep_the_container_out(tmp_path: Path) -> None:
    found = ensure(tmp_path / "empty")
    assert stat.S_IMODE(found.directory.stat().st_mode) == 0o555


def test_it_says_that_it_is_empty_by_request(tmp_path: Path) -> None:
    found = ensure(tmp_path / "empty")
    assert (found.databases, found.size_bytes, found.generation) == ((), 0, "empty")
    assert found.degraded_reasons == ("empty_by_request",)


def test_a_directory_of_an_earlier_boot_is_taken_again(tmp_path: Path) -> None:
    assert ensure(tmp_path / "empty") == ensure(tmp_path / "empty")


@pytest.mark.parametrize("name", ["sec.lbug", ".hidden", "lost+found"])
def test_a_directory_with_contents_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / name).touch()
    with pytest.raises(Refused, match=f"found {name.replace('+', '.')}$") as caught:
        ensure(tmp_path / "empty")
    assert caught.value.code == "empty_directory_not_empty"
    assert (tmp_path / "empty" / name).exists()


def test_a_link_is_refused_even_to_an_empty_directory(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "empty").symlink_to("elsewhere")
    with pytest.raises(Refused, match="found a symbolic link") as caught:
        ensure(tmp_path / "empty")
    assert caught.value.code == "empty_directory_not_empty"


@pytest.mark.parametrize("place", ["file", "dangling link", "below a file"])
def test_where_none_can_be_made_it_is_an_error(tmp_path: Path, place: str) -> None:
    path = tmp_path / "empty"
    if place == "dangling link":
        path.symlink_to("nowhere")
    else:
        path.touch()
    with pytest.raises(ExternalFailure) as caught:
        ensure(path / "below" if place == "below a file" else path)
    assert caught.value.code == "empty_directory_not_made"
