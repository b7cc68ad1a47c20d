"""The verb `refresh`."""

from __future__ import annotations

import argparse

from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.exit_status import ExitStatus
from ladybug_agent.interrupts import cancel_on_signals
from ladybug_agent.verbs.configured import configured


def refresh(arguments: argparse.Namespace) -> ExitStatus:
    from ladybug_agent.refresh.outcome import refresh_lines
    from ladybug_agent.refresh.process import Wish, run_refresh
    from ladybug_agent.render import print_json
    from ladybug_agent.wiring import build_world

    config = configured(arguments)
    clock = SystemClock()
    deadline = Deadline.after(config.instance.boot_timeout_s, clock)
    cancel_on_signals(deadline)
    wish = Wish(image=arguments.image, force=arguments.force)
    refreshed = run_refresh(config, build_world(config, clock), wish, deadline)
    if arguments.format == "json":
        print_json(refreshed.document())
    else:
        print("\n".join(refresh_lines(refreshed.document())))
    return refreshed.status
