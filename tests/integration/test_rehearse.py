"""The rehearsal as its user runs it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ladybug_lab.depot import DATABASE, cache_directory
from support.booting import engine

pytestmark = pytest.mark.integration

TIMEOUT_S = 120
CONTAINER = "graph-api-shared"


def rehearse(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ladybug_agent", "rehearse", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )


def _left_over() -> list[str]:
    """Return what a rehearsal must take away again."""
    with engine() as client:
        left = [c.name for c in client.containers.list(all=True) if c.name == CONTAINER]
    mounts = Path("/proc/self/mounts").read_text(encoding="utf-8")
    loops = Path("/sys/block").glob("loop*/loop/backing_file")
    backing = [loop.read_text(encoding="utf-8") for loop in loops]
    return [
        *left,
        *(line for line in mounts.splitlines() if "ladybug-rehearsal" in line),
        *(name for name in backing if "ladybug-rehearsal" in name),
    ]


def test_it_prints_one_json_document_with_steps_row_and_answer() -> None:
    done = rehearse("--format", "json")
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    assert document["schema"] == "ladybug.rehearse/1"
    assert document["outcome"] == "registered"
    assert all(step["duration_s"] is not None for step in document["steps"])
    assert document["row"]["status"] == "healthy"
    assert document["row"]["shared_repositories"] == DATABASE
    # A real answer about this machine: nearly everything depends on its C library.
    assert document["query"]["columns"] == ["package", "summary", "dependants"]
    assert document["query"]["rows"][0][2] > 100
    assert _left_over() == []


def test_as_text_it_shows_timeline_row_and_answer() -> None:
    done = rehearse()
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    for part in (
        "Timeline (registered after",
        "Registry row of i-",
        "A query through the container",
    ):
        assert part in done.stdout


def test_kept_surroundings_stay_until_they_are_taken_down() -> None:
    kept = rehearse("--keep")
    try:
        assert kept.returncode == 0, kept.stderr
        assert "ladybug-agent rehearse --down" in kept.stdout
        with engine() as client:
            assert client.containers.get(CONTAINER).status == "running"
        second = rehearse()
        assert second.returncode == 1
        assert "already up" in second.stderr
        status = kept.stdout.split("ladybug-agent status ")[1].splitlines()[0]
        looked = subprocess.run(
            [sys.executable, "-m", "ladybug_agent", "status", *status.split()],
            check=False,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        assert looked.returncode == 0, looked.stdout
    finally:
        down = rehearse("--down")
    assert down.returncode == 0, down.stderr
    assert "taken down" in down.stdout
    assert _left_over() == []


def test_a_snapshot_of_ones_own_can_be_rehearsed(tmp_path: Path) -> None:
    shutil.copy(cache_directory() / "databases" / f"{DATABASE}.lbug", tmp_path / "mine.lbug")
    done = rehearse("--format", "json", "--data-dir", str(tmp_path))
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["row"]["shared_repositories"] == "mine"
    assert ["Package", "NODE"] in document["query"]["rows"]


def test_a_bad_snapshot_of_ones_own_fails_as_it_would_on_an_instance(tmp_path: Path) -> None:
    (tmp_path / "bad.lbug").write_bytes(b"LBUG")
    done = rehearse("--format", "json", "--data-dir", str(tmp_path))
    document = json.loads(done.stdout)
    assert (done.returncode, document["code"]) == (1, "snapshot_database_foreign")
    assert document["row"] is None
    assert _left_over() == []
