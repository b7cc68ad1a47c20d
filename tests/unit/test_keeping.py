"""What is slow to make: once, whole, and again when its maker was killed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.keeping import kept_directory


def test_it_is_made_once_however_many_ask(tmp_path: Path) -> None:
    made: list[Path] = []

    def make(draft: Path) -> None:
        made.append(draft)
        (draft / "file").write_text("x")

    with ThreadPoolExecutor(4) as pool:
        places = set(pool.map(lambda _: kept_directory(tmp_path / "it", make), range(8)))
    assert (places, len(made)) == ({tmp_path / "it"}, 1)


def test_one_that_could_not_be_made_is_not_there(tmp_path: Path) -> None:
    def fail(draft: Path) -> None:
        (draft / "file").write_text("half")
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011  # it is our own
        kept_directory(tmp_path / "it", fail)
    assert not (tmp_path / "it").exists()


def test_what_a_killed_maker_left_is_removed_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / ".it.draft-abc" / "it"
    left.mkdir(parents=True)
    kept_directory(tmp_path / "it", lambda draft: (draft / "file").touch())
    assert (left.exists(), (tmp_path / "it" / "file").exists()) == (False, True)
