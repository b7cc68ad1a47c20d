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
from ladybug_agent.errors import AgentError
from ladybug_agent.exit_status import ExitStatus
from ladybug_agent.health.handover import Repaired, ended_by, ended_well, hand_over
from ladybug_agent.health.memory import recall
from ladybug_agent.health.report import Report
from ladybug_agent.health.run import Run
from ladybug_agent.health.tick import check_health
from ladybug_agent.journal import Journal
from ladybug_agent.state import StateDirectory

GRACE_S = 2.0


def health_check(arguments: argparse.Namespace) -> ExitStatus:
    config = load_config(arguments.config)
    clock = SystemClock()
    journal = _journal(config, clock)
    state = StateDirectory(Path(config.instance.state_dir))
    limit_s = config.health.deadline_s
    deadline = Deadline.after(limit_s, clock)
    with state.locked_for_health(), _watched(limit_s + GRACE_S, journal):
        run = _run(config, journal, deadline, confined=arguments.confined)
        report = check_health(run, hand_over if arguments.confined else _repair)
    _print(report, arguments.format)
    return report.exit_status


def _run(config: Config, journal: Journal, deadline: Deadline, *, confined: bool) -> Run:
    from ladybug_agent.wiring_tick import build_tick_world, what_serves

    clock, state = deadline.clock, StateDirectory(Path(config.instance.state_dir))
    served = what_serves(state)
    world = build_tick_world(config, served, clock, confined=confined)
    return Run(
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


def _repair(run: Run) -> Repaired:
    from ladybug_agent.health.repair import repair
    from ladybug_agent.logs import configure_logs
    from ladybug_agent.wiring import build_world

    configure_logs(run.config.logging, verb="health-check")
    world = build_world(run.config, run.clock)
    try:
        return ended_well(repair(run.config, world, run.served, run.deadline).container_id)
    except AgentError as error:
        return ended_by(error)


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
