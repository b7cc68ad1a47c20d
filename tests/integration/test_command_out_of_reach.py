"""A process that SIGKILL does not end. Here, and not in `contract/`, for the 5 s that it takes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from ladybug_agent.adapters.commands import REAP_S, run_command
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.errors import ExternalFailure

pytestmark = pytest.mark.integration
ALLOWED_S = 0.3


def test_a_process_out_of_reach_is_given_up(tmp_path: Path) -> None:
    """It left the process group: as unreachable as one in D state, which takes an impaired disk."""
    pid = tmp_path / "pid"
    script = f"setsid sh -c 'echo $$ > {pid}; exec sleep 300' & wait"
    started = time.monotonic()
    with pytest.raises(ExternalFailure, match="within 5 s of SIGKILL") as failure:
        run_command(["sh", "-c", script], deadline=Deadline.after(ALLOWED_S, SystemClock()))
    took = time.monotonic() - started
    os.kill(int(pid.read_text()), signal.SIGKILL)
    assert failure.value.code == "command_unkillable"
    assert took < ALLOWED_S + REAP_S + 1
