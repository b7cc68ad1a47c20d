"""The verb `timeline`."""

from __future__ import annotations

import argparse

from ladybug_agent.clock import SystemClock
from ladybug_agent.exit_status import ExitStatus
from ladybug_agent.verbs.configured import configured


def timeline(arguments: argparse.Namespace) -> ExitStatus:
    from ladybug_agent.timeline.told import Form, told
    from ladybug_agent.wiring_timeline import build_look

    look = build_look(configured(arguments), SystemClock())
    form = Form(style=arguments.format, list_only=arguments.list, compared=arguments.compare)
    print(told(look, arguments.boot, form), end="")
    return ExitStatus.GOOD
