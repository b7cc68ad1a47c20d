"""Being told to stop: a real process, real signals."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

# Waits as the boot does, again and again, so that the signal comes in the midst of a wait.
PROGRAM = """
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.interrupts import cancel_on_signals

deadline = Deadline.after(20, SystemClock())
cancel_on_signals(deadline)
print("ready", flush=True)
while not deadline.is_over:
    deadline.pause(0.0001)
print("cancelled" if deadline.cancelled.is_set() else "late", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_in_the_midst_of_a_wait_ends_it(number: signal.Signals) -> None:
    for _ in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            began = time.monotonic()
            for _ in range(20):  # a handler that takes the wait's lock hangs at one of them
                process.send_signal(number)
            assert process.stdout.read() == "cancelled\n"
            assert time.monotonic() - began < 5
