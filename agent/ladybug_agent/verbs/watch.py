"""The verb `watch`: light while it only looks; a drain loads the rest."""

from __future__ import annotations

import argparse
import sys

from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.config import Config
from ladybug_agent.config.file import load_config
from ladybug_agent.exit_status import ExitStatus
from ladybug_agent.interrupts import cancel_on_signals
from ladybug_agent.journal import Journal
from ladybug_agent.watch.departure import Departure
from ladybug_agent.watch.loop import Watch
from ladybug_agent.wiring_leaving import build_announcements, build_service_manager


def watch(arguments: argparse.Namespace) -> ExitStatus:
    config = load_config(arguments.config)
    clock = SystemClock()
    rules = config.logging
    as_text = rules.format == "text" or (rules.format == "auto" and sys.stderr.isatty())
    deadline = Deadline.after(float("inf"), clock)
    cancel_on_signals(deadline)

    def leave(departure: Departure) -> bool:
        return _drain(config, departure, deadline)

    Watch(
        config=config,
        announcements=build_announcements(clock),
        manager=build_service_manager(),
        leave=leave,
        journal=Journal(sys.stderr, clock, level=rules.level, as_text=as_text, verb="watch"),
        deadline=deadline,
    ).run()
    return ExitStatus.GOOD


def _drain(config: Config, departure: Departure, watching: Deadline) -> bool:
    from ladybug_agent.drain.process import run_drain
    from ladybug_agent.drain.text import drain_status
    from ladybug_agent.logs import configure_logs
    from ladybug_agent.wiring_leaving import build_drain_world

    configure_logs(config.logging, verb="watch")
    limit = watching.capped(departure.budget_s)
    world = build_drain_world(config, watching.clock)
    record = run_drain(config, world, departure.trigger, limit)
    return drain_status(record) is ExitStatus.GOOD
