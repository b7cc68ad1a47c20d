"""The door of the program: results on standard output, logs on standard error, exit statuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fakes.configurations import BAD_FILES, MINIMAL
from ladybug_agent.cli import main


@pytest.fixture
def config_path(tmp_path: Path) -> Path:
    """A good configuration of a machine with neither Docker engine nor service."""
    text = MINIMAL.replace("[instance]", f'[instance]\nstate_dir = "{tmp_path}/state"')
    text = text.replace("[container]", '[container]\ndocker_host = "tcp://127.0.0.1:1"\nport = 1')
    path = tmp_path / "config.toml"
    path.write_text(text)
    return path


def last_error(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().err.splitlines()[-1])
    return found


def test_a_good_file_is_called_good(config_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["config", "check", "--config", str(config_path)])
    assert (status, capsys.readouterr().out) == (0, f"{config_path}: good\n")


@pytest.mark.parametrize("bad", ["an unknown key", "a missing section", "too large"])
def test_a_bad_file_exits_2_and_names_the_mistake(
    bad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(BAD_FILES[bad].text)
    assert main(["config", "check", "--config", str(path)]) == 2
    line = last_error(capsys)
    assert (line["event"], line["level"], line["code"]) == ("failed", "error", BAD_FILES[bad].code)
    assert BAD_FILES[bad].names in line["message"]


def test_a_mistake_is_logged_once_and_prints_no_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["config", "check", "--config", str(tmp_path / "none.toml")])
    captured = capsys.readouterr()
    assert (captured.out, len(captured.err.splitlines())) == ("", 1)


@pytest.mark.parametrize("verb", [["config", "check"], ["status"], ["bootstrap"]], ids=" ".join)
def test_a_missing_file_exits_2(
    verb: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*verb, "--config", str(tmp_path / "none.toml")]) == 2
    assert last_error(capsys)["code"] == "config_missing"


def test_the_schema_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "schema"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["title"] == "ladybug-agent configuration"


def test_a_usage_error_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["boot"])
    assert (caught.value.code, "invalid choice: 'boot'" in capsys.readouterr().err) == (2, True)


def test_a_bug_exits_1_with_its_trace_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    # No path on a real command line holds a null byte, so nobody is prepared for one.
    assert main(["config", "check", "--config", "a\0b"]) == 1
    line = last_error(capsys)
    assert (line["code"], line["message"]) == (
        "internal_error",
        "internal_error: ValueError: embedded null byte",
    )


def test_status_before_any_boot_is_not_good(
    config_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--config", str(config_path), "--format", "json"]) == 1
    printed = json.loads(capsys.readouterr().out)
    assert (printed["schema"], printed["good"], printed["outcome"]) == (
        "ladybug.status/1",
        False,
        "absent",
    )


def test_status_without_a_container_engine_says_that_it_cannot_see(
    config_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["status", "--config", str(config_path), "--format", "json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    container = next(finding for finding in findings if finding["subject"] == "container")
    assert container["verdict"] == "unknown"
    assert container["text"].startswith("container_engine_unreachable: ")


def test_a_wait_for_a_boot_that_never_runs_ends_in_time(
    config_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["status", "--config", str(config_path), "--wait", "--timeout", "0.1"]
    assert main(argv) == 1
    assert last_error(capsys)["code"] == "boot_not_ended"


def test_a_reader_that_goes_away_is_no_bug() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "ladybug_agent", "config", "schema"],
        stdout=writer, stderr=subprocess.PIPE, env=environment, timeout=30, check=False,
    )  # fmt: skip
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")
