"""The verb `timeline`."""

from __future__ import annotations

import argparse

from ladybug_agent.clock import SystemClock
from ladybug_agent.exit_status import ExitStatus
from ladybug_agent.verbs.diagnose import usable_config


def timeline(arguments: argparse.Namespace) -> ExitStatus:
    from ladybug_agent.timeline.told import Form, told
    from ladybug_agent.wiring_timeline import build_look

    config, error = usable_config(arguments.config)
    look = build_look(config, SystemClock())
    if error is not None:
        look.missing.append(f"configuration: {error.code}, so the defaults are used")
    form = Form(style=arguments.format, list_only=arguments.list, compared=arguments.compare)
    print(told(look, arguments.boot, form), end="")
    return ExitStatus.GOOD
