"""The verb `diagnose`: exit status, format, and a machine that is no instance at all."""

from __future__ import annotations

import json
import tarfile
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


SECRET = "hunter2-hunter2"
TOLD = '\nenvironment = { DB_PASSWORD = "' + SECRET + '" }\n'


@pytest.fixture
def secretive(config: Path) -> Path:
    """The same, with a secret in the container's environment and in a path that is told of."""
    text = config.read_text().replace("no.sock", f"{SECRET}.sock")
    config.write_text(text.replace("\nport = 9", f"{TOLD}port = 9"))
    return config


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_no_form_has_a_secret_that_the_configuration_gave_away(
    secretive: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(secretive, "--only", "engine", "--format", form) == 1
    printed = capsys.readouterr().out
    assert SECRET not in printed
    assert "[redacted]" in printed


def test_the_page_has_the_boot_as_well(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(config, "--only", "engine", "--format", "html") == 1
    printed = capsys.readouterr().out
    assert printed.startswith("<!doctype html>")
    assert "This replica is not good: engine.socket" in printed
    assert "How it booted" in printed


@pytest.mark.thorough
def test_a_bundle_has_every_form_and_no_secret(
    secretive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    assert run(secretive, "--only", "engine", "--bundle", str(out)) == 1
    (bundle,) = out.iterdir()
    printed = capsys.readouterr().out
    assert printed.startswith("LBDIAG/1 FAIL engine.socket ")
    assert printed.endswith(f"bundle: {bundle}\n")
    with tarfile.open(bundle) as archive:
        files = {
            member.name.partition("/")[2]: file.read()
            for member in archive
            if (file := archive.extractfile(member))
        }
    assert {f"diagnosis/diagnosis.{end}" for end in ("txt", "json", "html")} <= set(files)
    assert b"[redacted]" in files["config/config.toml"]
    assert [name for name, data in files.items() if SECRET.encode() in data] == []


@pytest.mark.thorough
def test_the_json_says_where_the_bundle_is(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "b.tar.gz"
    run(config, "--only", "engine", "--format", "json", "--bundle", str(target))
    assert json.loads(capsys.readouterr().out)["bundle"] == str(target)
    assert target.exists()


def test_a_bundle_that_cannot_be_made_does_not_cost_the_diagnosis(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(config, "--only", "agent.config", "--bundle", f"{tmp_path}/no/such/file") == 1
    printed = capsys.readouterr()
    assert printed.out.startswith("LBDIAG/1 PASS ")
    assert "support_bundle_unwritable" in printed.err


def test_nor_does_it_cost_the_document(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--only", "agent.config", "--format", "json", "--bundle", f"{tmp_path}/no/such/file")
    assert run(config, *options) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["good"], "bundle" in document) == (True, False)


def test_standard_output_is_no_place_for_a_bundle(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(config, "--bundle", "-")
    assert "a bundle is not text" in capsys.readouterr().err
