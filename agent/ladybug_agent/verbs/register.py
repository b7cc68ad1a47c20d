"""The verb `register`."""

from __future__ import annotations

import argparse

from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.config.file import load_node_config
from ladybug_agent.errors import ConfigError
from ladybug_agent.exit_status import ExitStatus
from ladybug_agent.interrupts import cancel_on_signals
from ladybug_agent.logs import configure_logs

IDENTITY_S = 90.0


def register(arguments: argparse.Namespace) -> ExitStatus:
    from ladybug_agent.node.process import run_register
    from ladybug_agent.node.wish import NodeWish, register_lines
    from ladybug_agent.render import print_json
    from ladybug_agent.wiring_node import build_node_world

    config = load_node_config(arguments.config)
    configure_logs(config.logging, verb=arguments.verb)
    if arguments.node_type == "shared_master" and not arguments.databases:
        raise ConfigError(
            "databases_not_named",
            "wanted the names of the shared master's databases, found none",
            hint="give them with --databases",
        )
    clock = SystemClock()
    deadline = Deadline.after(IDENTITY_S + arguments.wait, clock)
    cancel_on_signals(deadline)
    wish = NodeWish(
        node_type=arguments.node_type,
        databases=arguments.databases,
        port=arguments.port,
        health_path=arguments.health_path,
        max_databases=arguments.max_databases,
        wait_s=arguments.wait,
    )
    registered = run_register(config, build_node_world(config, wish, clock), wish, deadline)
    if arguments.format == "json":
        print_json(registered.document())
    else:
        print("\n".join(register_lines(registered.document())))
    return registered.exit_status
