"""The verb `timeline`."""

from __future__ import annotations

import argparse

from ladybug_agent.clock import SystemClock
from ladybug_agent.exit_status import ExitStatus


def timeline(arguments: argparse.Namespace) -> ExitStatus:
    from ladybug_agent.config.salvage import usable_config
    from ladybug_agent.redaction.redactor import Redactor
    from ladybug_agent.timeline.told import Form, told
    from ladybug_agent.wiring_timeline import build_look

    config, error = usable_config(arguments.config)
    look = build_look(config, SystemClock())
    if error is not None:
        look.missing.append(f"configuration: {error.code}, so the defaults are used")
    form = Form(style=arguments.format, list_only=arguments.list, compared=arguments.compare)
    text, redactor = told(look, arguments.boot, form), Redactor()
    # The other formats would be broken by a mark where a name alone says that it is a secret.
    print(redactor.text(text) if form.style == "text" else redactor.exact(text), end="")
    return ExitStatus.GOOD
