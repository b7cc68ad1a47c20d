"""The verb `timeline` as a process would run it, on this machine as it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fakes.timeline import a_record
from ladybug_agent.cli import main
from support.config_reference import TARGET


@pytest.fixture
def config_path(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(
        'schema = 1\n[instance]\nenvironment = "test"\n'
        f'state_dir = "{tmp_path}/state"\nboots_dir = "{tmp_path}/boots"\n'
        '[data]\ndatabases = ["sec"]\n[container]\nimage = "graph-api:1"\n'
        '[registry]\ntable = "instance-registry"\n'
    )
    return path


def test_before_any_boot_it_says_so_and_is_no_failure(
    config_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["timeline", "--config", str(config_path)]) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith(": the agent has not run")


def test_a_boot_is_told_as_json(config_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (config_path.parent / "state").mkdir()
    boot_id = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    record = a_record() | {"boot_id": boot_id}
    (config_path.parent / "state/bootstrap.json").write_text(json.dumps(record))
    assert main(["timeline", "--config", str(config_path), "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["schema"], printed["outcome"]) == ("ladybug.timeline/1", "registered")


def test_a_picture_is_printed_as_it_is(
    config_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["timeline", "--config", str(config_path), "--format", "svg"]) == 0
    assert capsys.readouterr().out.startswith("<svg ")


def test_a_boot_that_is_not_kept_exits_2(
    config_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["timeline", "--config", str(config_path), "--boot", "-7"]) == 2
    assert json.loads(capsys.readouterr().err)["code"] == "boot_unknown"


def test_a_broken_configuration_is_named_and_the_defaults_are_used(
    config_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config_path.write_text("schema = 7\n")
    assert main(["timeline", "--config", str(config_path)]) == 0
    printed = capsys.readouterr().out
    assert "not seen: configuration: config_schema_unsupported" in printed


def test_where_boots_are_kept_is_in_the_reference() -> None:
    assert "`boots_dir`" in TARGET.read_text(encoding="utf-8")
