"""The verb `health-check`: loads what a check needs, and no more; a repair loads the rest."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ladybug_agent.clock import Clock, Deadline, SystemClock
from ladybug_agent.config import Config
from ladybug_agent.config.file import load_config
from ladybug_agent.errors import Refused
from ladybug_agent.exit_status import ExitStatus
from ladybug_agent.health.memory import recall
from ladybug_agent.health.report import Report
from ladybug_agent.health.run import Run
from ladybug_agent.health.tick import check_health
from ladybug_agent.journal import Journal
from ladybug_agent.served import read_served
from ladybug_agent.state import StateDirectory

GRACE_S = 2.0


def health_check(arguments: argparse.Namespace) -> ExitStatus:
    config = load_config(arguments.config)
    clock = SystemClock()
    journal = _journal(config, clock)
    state = StateDirectory(Path(config.instance.state_dir))
    limit_s = config.health.deadline_s
    with state.locked_for_health(), _watched(limit_s + GRACE_S, journal):
        report = _check(config, state, journal, Deadline.after(limit_s, clock))
    _print(report, arguments.format)
    return report.exit_status


def _check(config: Config, state: StateDirectory, journal: Journal, deadline: Deadline) -> Report:
    from ladybug_agent.wiring_tick import build_tick_world

    clock = deadline.clock
    served = read_served(state.served)
    world = build_tick_world(config, served, clock) if served else None
    if served is None or world is None or world.machine.boot().boot_id != served.boot_id:
        raise Refused(
            "replica_not_registered",
            "wanted to check a replica, but no boot has registered one since the machine started",
            hint="`ladybug-agent status` says how the boot went",
        )
    run = Run(
        config=config,
        world=world,
        served=served,
        state=recall(state.health, served, journal, config.health.rise),
        clock=clock,
        journal=journal,
        deadline=deadline,
        now=clock.utcnow(),
        mono=clock.monotonic(),
    )
    return check_health(run, _repair)


def _repair(run: Run) -> str:
    from ladybug_agent.health.repair import repair
    from ladybug_agent.logs import configure_logs
    from ladybug_agent.wiring import build_world

    configure_logs(run.config.logging, verb="health-check")
    return repair(run, build_world(run.config, run.clock)).container_id


def _journal(config: Config, clock: Clock) -> Journal:
    rules, out = config.logging, sys.stderr
    as_text = rules.format == "text" or (rules.format == "auto" and out.isatty())
    return Journal(out, clock, level=rules.level, as_text=as_text, verb="health-check")


@contextmanager
def _watched(limit_s: float, journal: Journal) -> Iterator[None]:
    """End the process if it hangs where no time-out reaches, as in a call that the kernel holds."""

    def give_up() -> None:
        journal.error("health_check_hung", limit_s=limit_s)
        os._exit(ExitStatus.NOT_GOOD)

    timer = threading.Timer(limit_s, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _print(report: Report, style: str) -> None:
    if style == "json":
        print(json.dumps(report.document(), indent=1, default=str))
        return
    for line in report.lines():
        print(line)
