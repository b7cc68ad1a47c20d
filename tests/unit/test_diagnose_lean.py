"""What a diagnosis loads: it must work on a machine that is short of memory."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("boto3", "botocore", "docker", "pyudev", "requests", "urllib3")
LOADS = """
import sys
import ladybug_agent.cli, ladybug_agent.verbs.diagnose
import ladybug_agent.diagnose.catalogue, ladybug_agent.diagnose.shrink
import ladybug_agent.diagnose.take, ladybug_agent.diagnose.text, ladybug_agent.wiring_diagnosis
print(*sys.modules)
"""


def test_a_diagnosis_loads_no_heavy_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADS], capture_output=True, text=True, check=True, timeout=30
    )
    assert sorted(set(done.stdout.split()) & set(HEAVY)) == []
