"""The verb `diagnose`: exit status, format, and a machine that is no instance at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fakes.configurations import MINIMAL
from ladybug_agent.cli import main
from ladybug_agent.diagnose.catalogue import CHECKS

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration whose engine, service and metadata are not there."""
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", NOWHERE)
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOWHERE)
    path = tmp_path / "config.toml"
    state = f'[instance]\nstate_dir = "{tmp_path}/state"'
    engine = f'[container]\nport = 9\ndocker_host = "unix://{tmp_path}/no.sock"'
    text = MINIMAL.replace("[instance]", state).replace("[container]", engine)
    path.write_text(text.replace("[data]", f'[data]\nmount_point = "{tmp_path}/volume"'))
    return path


def run(config: Path, *options: str) -> int:
    return main(["diagnose", "--config", str(config), *options])


def test_the_list_names_every_check_with_its_question(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(config, "--list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [check.id for check in CHECKS]
    assert all(line.endswith("?") for line in lines)


def test_what_is_wrong_exits_with_1(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(config, "--only", "engine") == 1
    assert capsys.readouterr().out.startswith("LBDIAG/1 FAIL engine.socket fail=1 ")


def test_what_is_good_exits_with_0(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(config, "--only", "agent.config", "--strict") == 0
    assert capsys.readouterr().out.startswith("LBDIAG/1 PASS fail=0 warn=0 pass=1 ")


def test_a_broken_configuration_is_a_finding(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text("schema = 1\n[dta]\n")
    assert run(config, "--quick") == 1
    assert capsys.readouterr().out.startswith("LBDIAG/1 FAIL agent.config ")


def test_an_unknown_check_is_a_usage_error(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(config, "--skip", "contaner") == 2
    printed = capsys.readouterr()
    assert (printed.out, "did you mean `container`" in printed.err) == ("", True)


def test_json_is_one_document(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(config, "--format", "json", "--only", "engine") == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["root_causes"]) == (
        "ladybug.diagnose/1",
        ["engine.socket"],
    )


def test_an_instance_where_nothing_answers_is_told_of_in_whole(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(config, "--quick", "--timeout", "10") == 1
    text = capsys.readouterr().out
    assert "err=0" in text.partition("\n")[0]
    assert "ROOT CAUSE engine.socket (container_engine_unreachable)" in text
