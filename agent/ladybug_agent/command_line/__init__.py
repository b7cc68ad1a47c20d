"""The command line as argparse sees it. Imports nothing heavy: `--version` pays for it."""

from __future__ import annotations

import argparse

from ladybug_agent import __version__
from ladybug_agent.command_line.boot import add_bootstrap, add_rehearse, add_status
from ladybug_agent.command_line.config import add_config
from ladybug_agent.command_line.diagnose import add_diagnose
from ladybug_agent.command_line.drain import add_drain
from ladybug_agent.command_line.health import add_health_check
from ladybug_agent.command_line.hydrate import add_hydrate
from ladybug_agent.command_line.options import Parser
from ladybug_agent.command_line.refresh import add_refresh
from ladybug_agent.command_line.register import add_register
from ladybug_agent.command_line.timeline import add_timeline
from ladybug_agent.command_line.verify import add_verify
from ladybug_agent.command_line.watch import add_alert, add_watch


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="ladybug-agent",
        description="Boots this instance into a registered, read-only LadybugDB replica.",
    )
    parser.add_argument("--version", action="version", version=f"ladybug-agent {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    add_bootstrap(verbs)
    add_status(verbs)
    add_diagnose(verbs)
    add_timeline(verbs)
    add_health_check(verbs)
    add_verify(verbs)
    add_hydrate(verbs)
    add_refresh(verbs)
    add_drain(verbs)
    add_watch(verbs)
    add_alert(verbs)
    add_register(verbs)
    add_config(verbs)
    add_rehearse(verbs)
    return parser
