"""The verbs `config check` and `config schema`."""

from __future__ import annotations

import argparse

from ladybug_agent.config.file import load_config
from ladybug_agent.exit_status import ExitStatus


def config(arguments: argparse.Namespace) -> ExitStatus:
    from ladybug_agent.config.schema import config_json_schema
    from ladybug_agent.render import print_json

    if arguments.act == "schema":
        print_json(config_json_schema())
        return ExitStatus.GOOD
    load_config(arguments.config)
    print(f"{arguments.config}: good")
    return ExitStatus.GOOD
