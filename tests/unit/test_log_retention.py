"""Finding 13: logs are kept 30 days, compressed, wherever they are."""

from __future__ import annotations

import configparser
import json
import os
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from ladybug_agent.config.health import MetricsConfig
from support.bundles import ROOT

LOGROTATE = ROOT / "packaging/logrotate/ladybug-agent"
CLOUDWATCH = ROOT / "packaging/cloudwatch/amazon-cloudwatch-agent.json"
JOURNALD = ROOT / "packaging/journald/50-ladybug-agent.conf"
METRICS = MetricsConfig().file
INSTALL_LOG = "/var/log/ladybug-agent-install.log"


def collected() -> list[dict[str, Any]]:
    document = json.loads(CLOUDWATCH.read_text())
    found: list[dict[str, Any]] = document["logs"]["logs_collected"]["files"]["collect_list"]
    return found


def directives() -> set[str]:
    lines = (line.strip() for line in LOGROTATE.read_text().splitlines())
    return {line for line in lines if line and not line.startswith(("#", "/", "}"))}


def test_finding_13_files_are_kept_30_days_compressed() -> None:
    assert {"daily", "rotate 30", "maxage 30", "compress"} <= directives()


def test_finding_13_the_journal_is_kept_30_days_compressed() -> None:
    parser = configparser.ConfigParser()
    parser.read_string(JOURNALD.read_text())
    journal = parser["Journal"]
    assert (journal["Storage"], journal["Compress"], journal["MaxRetentionSec"]) == (
        "persistent",
        "yes",
        "30day",
    )


def test_finding_13_what_goes_to_cloudwatch_is_kept_30_days() -> None:
    assert {one["retention_in_days"] for one in collected()} == {30}


@pytest.mark.parametrize("path", [METRICS, INSTALL_LOG])
def test_every_file_that_is_written_is_rotated_and_collected(path: str) -> None:
    patterns = next(line for line in LOGROTATE.read_text().splitlines() if line.startswith("/"))
    assert any(fnmatch(path, pattern) for pattern in patterns.removesuffix("{").split())
    assert path in {one["file_path"] for one in collected()}


def test_every_file_has_a_stream_of_its_own_named_after_the_instance() -> None:
    streams = [one["log_stream_name"] for one in collected()]
    assert len(set(streams)) == len(streams)
    # The stack's policy lets an instance write streams `i-*`.
    assert [name for name in streams if not name.startswith("{instance_id}")] == []


def rotate(directory: Path) -> subprocess.CompletedProcess[str]:
    """Run logrotate on our configuration, moved into a directory."""
    path = directory / "logrotate.conf"
    path.write_text(LOGROTATE.read_text().replace("/var/log", str(directory)))
    path.chmod(0o644)
    # The suffix is the date of the day; a test has no other.
    path.write_text(path.read_text().replace("dateext", "").replace("su root root", ""))
    return subprocess.run(
        ["logrotate", "--force", "--state", directory / "state", path],
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip


@pytest.mark.skipif(not shutil.which("logrotate"), reason="missing: logrotate")
@pytest.mark.skipif(os.geteuid() != 0, reason="creates files of root")
def test_logrotate_compresses_what_is_older_than_a_day_and_keeps_30(tmp_path: Path) -> None:
    log = tmp_path / "ladybug-agent/metrics.json"
    log.parent.mkdir()
    for day in range(33):
        log.write_text(f"day {day}\n")
        done = rotate(tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
    kept = sorted(path.name for path in log.parent.iterdir())
    assert len([name for name in kept if name.endswith(".gz")]) == 29
    assert {"metrics.json", "metrics.json.1"} <= set(kept)


def test_nothing_but_files_of_the_agent_is_rotated() -> None:
    patterns = next(line for line in LOGROTATE.read_text().splitlines() if line.startswith("/"))
    assert patterns.removesuffix("{").split() == ["/var/log/ladybug-agent/*.json", INSTALL_LOG]
