"""The command line as argparse sees it. Each verb has a module here, and one in `verbs`."""

from __future__ import annotations

import argparse

from ladybug_agent import __version__
from ladybug_agent.command_line.options import Parser
from ladybug_fleet.command_line.build import add_build
from ladybug_fleet.command_line.publish import add_publish


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="ladybug-fleet",
        description="Builds, publishes, deploys and watches a fleet of replicas.",
    )
    parser.add_argument("--version", action="version", version=f"ladybug-fleet {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    add_build(verbs)
    add_publish(verbs)
    return parser
