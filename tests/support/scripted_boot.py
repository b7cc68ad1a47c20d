"""A boot with the real adapters that a test can kill at an exact point, or give another boot id.

Run as a program: `python scripted_boot.py CONFIG [--kill STEP:STATUS] [--proc DIR]`.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ladybug_agent.adapters.machine import ProcMachine
from ladybug_agent.boot_process import run_boot
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.config.file import load_config
from ladybug_agent.interrupts import cancel_on_signals
from ladybug_agent.logs import configure_logs
from ladybug_agent.record import StepRecord
from ladybug_agent.wiring import build_world


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=Path)
    parser.add_argument("--kill", default="")
    parser.add_argument("--terminate", default="")
    parser.add_argument("--proc", type=Path, default=Path("/proc"))
    arguments = parser.parse_args()
    config = load_config(arguments.config)
    configure_logs(config.logging)
    clock = SystemClock()
    deadline = Deadline.after(config.instance.boot_timeout_s, clock)
    cancel_on_signals(deadline)
    world = replace(build_world(config, clock), machine=ProcMachine(proc=arguments.proc))
    observers = [
        _at(arguments.kill, signal.SIGKILL),
        _at(arguments.terminate, signal.SIGTERM),
    ]
    ending = run_boot(config, world, clock, deadline, *observers)
    return 0 if ending.error is None else 1


def _at(point: str, number: signal.Signals) -> Callable[[StepRecord], None]:
    def observe(step: StepRecord) -> None:
        if f"{step.name}:{step.status}" == point:
            os.kill(os.getpid(), number)

    return observe


if __name__ == "__main__":
    sys.exit(main())
