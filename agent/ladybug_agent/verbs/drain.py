"""The verb `drain`."""

from __future__ import annotations

import argparse

from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.exit_status import ExitStatus
from ladybug_agent.interrupts import cancel_on_signals
from ladybug_agent.verbs.configured import configured

UNDO_S = 30.0


def drain(arguments: argparse.Namespace) -> ExitStatus:
    from ladybug_agent.drain.process import run_drain
    from ladybug_agent.drain.text import drain_lines, drain_status
    from ladybug_agent.render import print_json
    from ladybug_agent.wiring_leaving import build_drain_world

    config = configured(arguments)
    if arguments.undo:
        return _undo(arguments)
    clock = SystemClock()
    deadline = Deadline.after(arguments.budget or config.drain.budget_s, clock)
    cancel_on_signals(deadline)
    record = run_drain(config, build_drain_world(config, clock), arguments.trigger, deadline)
    if arguments.format == "json":
        print_json(record.document())
    else:
        print("\n".join(drain_lines(record.document())))
    return drain_status(record)


def _undo(arguments: argparse.Namespace) -> ExitStatus:
    from ladybug_agent.drain.undo import undo_drain
    from ladybug_agent.render import print_json
    from ladybug_agent.wiring_leaving import build_announcements, build_drain_world

    config = configured(arguments)
    clock = SystemClock()
    deadline = Deadline.after(UNDO_S, clock)
    announcements = build_announcements(clock)
    undone = undo_drain(config, build_drain_world(config, clock), announcements, deadline)
    if arguments.format == "json":
        print_json(undone.document())
    else:
        print(f"undone; the row: {undone.row}; the load balancer: {undone.target}")
    return ExitStatus.GOOD
