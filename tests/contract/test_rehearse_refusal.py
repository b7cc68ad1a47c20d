"""A machine that lacks a part is told which, why, and how to get it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


@pytest.mark.thorough
def test_a_rehearsal_without_its_parts_names_them_with_the_command_to_get_them() -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "ladybug_agent", "rehearse", "--format", "json"],
        env={**os.environ, "PATH": "/nowhere"},
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    event = json.loads(refused.stderr.splitlines()[-1])
    assert (refused.returncode, refused.stdout) == (2, "")
    assert event["code"] == "rehearsal_prerequisites_missing"
    assert "docker-registry (serves the image): apt-get install --yes" in event["message"]
