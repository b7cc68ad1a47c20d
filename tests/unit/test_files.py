"""Files written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from ladybug_agent.files import write_atomically


def test_a_file_is_written_with_its_directories(tmp_path: Path) -> None:
    path = tmp_path / "run" / "ladybug-agent" / "record.json"
    write_atomically(path, "whole\n")
    assert path.read_text(encoding="utf-8") == "whole\n"


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    write_atomically(path, "a long first text\n")
    write_atomically(path, "short\n")
    assert path.read_text(encoding="utf-8") == "short\n"


def test_a_file_is_readable_by_all_unless_said_otherwise(tmp_path: Path) -> None:
    write_atomically(tmp_path / "open", "x")
    write_atomically(tmp_path / "closed", "x", mode=0o600)
    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("open", "closed")]
    assert modes == [0o644, 0o600]


def test_nothing_else_is_left_in_the_directory(tmp_path: Path) -> None:
    write_atomically(tmp_path / "record.json", "x")
    assert [entry.name for entry in tmp_path.iterdir()] == ["record.json"]


def test_a_text_that_cannot_be_written_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "half of a surrogate pair: \ud800")
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [
        ("record.json", "old")
    ]


def test_a_file_that_cannot_be_replaced_leaves_no_temporary_one(tmp_path: Path) -> None:
    (tmp_path / "record.json").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomically(tmp_path / "record.json", "x")
    assert [entry.name for entry in tmp_path.iterdir()] == ["record.json"]
