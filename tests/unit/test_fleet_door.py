"""The door and the outputs of the operator tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from ladybug_agent import __version__
from ladybug_fleet.cli import main
from ladybug_fleet.outputs import give_github


def test_the_fleet_tools_have_the_version_of_the_agent(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, f"ladybug-fleet {__version__}\n")


def test_an_output_cannot_pass_for_another(tmp_path: Path) -> None:
    path = tmp_path / "outputs"
    give_github({"source": "a\nsnapshot_id=snap-evil", "age": "7"}, {"GITHUB_OUTPUT": str(path)})
    lines = path.read_text(encoding="utf-8").splitlines()
    end = lines[0].partition("<<")[2]
    assert lines[:4] == [f"source<<{end}", "a", "snapshot_id=snap-evil", end]
    assert len(end) > 32


def test_outside_of_a_workflow_nothing_is_given() -> None:
    give_github({"age": "7"}, {})
