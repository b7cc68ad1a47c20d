"""A bundle as a process of its own: told to stop, and beside programs that print for ever."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from contract.support.programs import FakePrograms
from contract.support.timing import ends_within
from fakes.configurations import MINIMAL

pytestmark = pytest.mark.thorough

NOWHERE = "http://127.0.0.1:9"
MEASURED = Path(__file__).parents[1] / "bench/measured.py"
MOST_MB = 100
JOURNAL_BYTES = 14 * 1024 * 1024


@pytest.fixture
def environment(programs: FakePrograms) -> Mapping[str, str]:
    """Return what redirects the agent, with the made-up programs first on PATH."""
    assert programs
    redirected = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": NOWHERE, "AWS_ENDPOINT_URL": NOWHERE}
    return {**redirected, "PATH": os.environ["PATH"]}


def bundling(tmp_path: Path) -> list[str]:
    """Return `diagnose --bundle` with a state directory of its own and no engine."""
    config = tmp_path / "config.toml"
    state = f'[instance]\nstate_dir = "{tmp_path}/state"'
    engine = f'[container]\ndocker_host = "unix://{tmp_path}/no.sock"'
    text = MINIMAL.replace("[instance]", state).replace("[container]", engine)
    config.write_text(text)
    options = ("--only", "agent.config", "--config", str(config), "--bundle", f"{tmp_path}/b")
    return [sys.executable, "-m", "ladybug_agent", "diagnose", *options]


def started(tmp_path: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(bundling(tmp_path), env=dict(environment), stdout=subprocess.DEVNULL)


def measured(tmp_path: Path, environment: Mapping[str, str]) -> dict[str, float]:
    """Run it to its good end, and return what it used."""
    argv = [sys.executable, "-S", str(MEASURED), *bundling(tmp_path)]
    done = subprocess.run(argv, env=dict(environment), capture_output=True, check=True, timeout=90)
    used: dict[str, float] = json.loads(done.stdout)
    return used


def entries(bundle: Path) -> dict[str, dict[str, Any]]:
    with tarfile.open(bundle) as archive:
        file = archive.extractfile(archive.getmembers()[0])
        assert file
        return {entry["name"]: entry for entry in json.loads(file.read())["files"]}


def await_file(path: Path) -> None:
    limit = time.monotonic() + 30
    while not path.exists() and time.monotonic() < limit:
        time.sleep(0.05)
    assert path.exists()


def test_a_bundle_that_is_told_to_stop_packs_what_it_has(
    tmp_path: Path, environment: Mapping[str, str], programs: FakePrograms
) -> None:
    programs.write("journalctl", f"touch {tmp_path}/began; exec sleep 300")
    with started(tmp_path, environment) as process, ends_within(60):
        await_file(tmp_path / "began")
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
    found = entries(tmp_path / "b")
    assert found["config/config.toml"]["outcome"] == "whole"
    assert found["journal/this-boot.txt"]["why"].startswith("cancelled: ")
    assert found["journal/previous-boot.txt"]["outcome"] == "left out"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".ladybug")] == []


def test_a_program_that_prints_for_ever_costs_neither_memory_nor_room(
    tmp_path: Path, environment: Mapping[str, str], programs: FakePrograms
) -> None:
    programs.write("journalctl", "exec yes a line that says nothing")
    with ends_within(90):
        used = measured(tmp_path, environment)
    found = entries(tmp_path / "b")
    assert found["journal/this-boot.txt"]["outcome"] == "cut"
    assert found["journal/this-boot.txt"]["bytes"] == JOURNAL_BYTES
    assert used["memory_mb"] < MOST_MB
    assert (tmp_path / "b").stat().st_size < JOURNAL_BYTES
