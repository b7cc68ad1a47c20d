"""The verb `hydrate` at the door: what it prints, and with which status it ends."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from fakes.configurations import MINIMAL
from fakes.loading import a_hot_map, runs
from ladybug_agent.cli import main
from ladybug_agent.interrupts import STOPPING
from ladybug_agent.resources.hydration.map_codec import encode_map


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """The verb takes the signals of its process for itself; this process is pytest's."""
    before = {number: signal.getsignal(number) for number in STOPPING}
    fd = signal.set_wakeup_fd(-1)
    yield
    signal.set_wakeup_fd(fd)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def config_path(tmp_path: Path) -> Path:
    """A good configuration of a machine on which nothing is mounted."""
    text = MINIMAL.replace("[instance]", f'[instance]\nstate_dir = "{tmp_path}/state"')
    text = text.replace("[data]", f'[data]\nmount_point = "{tmp_path}/volume"')
    path = tmp_path / "config.toml"
    path.write_text(text)
    return path


@pytest.fixture
def map_path(tmp_path: Path) -> Path:
    path = tmp_path / "sec.hotmap"
    path.write_bytes(encode_map(a_hot_map(runs(0, 5))))
    return path


def last_code(capsys: pytest.CaptureFixture[str]) -> str:
    return str(json.loads(capsys.readouterr().err.splitlines()[-1])["code"])


def test_a_map_in_a_file_is_drawn_on_standard_output(
    map_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["hydrate", "show", str(map_path)]) == 0
    picture = ET.fromstring(capsys.readouterr().out)  # noqa: S314 - our own
    assert picture[0].text == "Hot map of sec"


def test_a_map_is_drawn_into_a_file(
    map_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "sec.svg"
    assert main(["hydrate", "show", str(map_path), "--output", str(output)]) == 0
    assert output.read_text().startswith("<svg ")
    assert capsys.readouterr().out == ""


def test_a_picture_that_cannot_be_written_exits_1(
    map_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = f"{map_path}/sec.svg"
    assert main(["hydrate", "show", str(map_path), "--output", output]) == 1
    assert last_code(capsys) == "hot_map_picture_not_written"


def test_a_file_that_is_no_map_exits_1(
    config_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["hydrate", "show", str(config_path)]) == 1
    assert last_code(capsys) == "hot_map_unreadable"


@pytest.mark.parametrize(
    ("argv", "status", "code"),
    [
        (["run"], 1, "hydration_without_mount"),
        (["plan"], 1, "hydration_without_mount"),
        (["record"], 2, "hot_map_nowhere"),
        (["show", "sec"], 2, "hot_map_nowhere"),
    ],
    ids=["run", "plan", "record", "show"],
)
def test_what_is_missing_is_named(
    config_path: Path, argv: list[str], status: int, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["hydrate", *argv, "--config", str(config_path)]) == status
    assert last_code(capsys) == code


def test_a_run_that_is_off_is_good(config_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config_path.write_text(f'{config_path.read_text()}\n[hydration]\nmode = "off"\n')
    assert main(["hydrate", "run", "--config", str(config_path)]) == 0
    assert capsys.readouterr().out == "hydration off (`hydration.mode` is off): 0 %\n"


def test_a_report_is_printed_as_json(config_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config_path.write_text(f'{config_path.read_text()}\n[hydration]\nmode = "off"\n')
    assert main(["hydrate", "run", "--config", str(config_path), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["state"]) == ("ladybug.hydration/1", "off")


def test_a_run_leaves_its_end_behind(config_path: Path, tmp_path: Path) -> None:
    main(["hydrate", "run", "--config", str(config_path)])
    report = json.loads((tmp_path / "state" / "hydration.json").read_text())
    assert report["state"] == "failed"
    assert report["reason"].startswith("hydration_without_mount: ")
