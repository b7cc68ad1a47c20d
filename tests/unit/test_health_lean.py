"""What a health check loads: the standard library, and of the agent only what it needs."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fakes.configurations import MINIMAL
from ladybug_agent.cli import main

HEAVY = ("boto3", "botocore", "docker", "pyudev", "requests", "structlog", "tenacity", "urllib3")
LOADS = """
import sys
import ladybug_agent.cli, ladybug_agent.verbs
from ladybug_agent.command_line import build_parser
build_parser().parse_args(["health-check"])
import ladybug_agent.verbs.health, ladybug_agent.wiring_tick
print(*sys.modules)
"""


def loaded() -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOADS], capture_output=True, text=True, check=True, timeout=30
    )
    return set(done.stdout.split())


def test_a_health_check_loads_no_heavy_library() -> None:
    assert sorted(loaded() & set(HEAVY)) == []


def test_a_health_check_without_a_boot_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.toml"
    state = f'[instance]\nstate_dir = "{tmp_path}/state"'
    path.write_text(MINIMAL.replace("[instance]", state))
    assert main(["health-check", "--config", str(path)]) == 1
    assert '"code": "replica_not_registered"' in capsys.readouterr().err
    left = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    for timer in left:
        timer.join(5)
    assert not any(timer.is_alive() for timer in left)  # or it would end the process


def test_a_wrong_configuration_exits_2(tmp_path: Path) -> None:
    assert main(["health-check", "--config", str(tmp_path / "none.toml")]) == 2
