"""The command line as argparse sees it. Each verb has a module here, and one in `verbs`."""

from __future__ import annotations

import argparse

from ladybug_agent import __version__
from ladybug_agent.command_line.options import Parser
from ladybug_fleet.command_line.build import add_build
from ladybug_fleet.command_line.deploy import add_deploy
from ladybug_fleet.command_line.publish import add_publish
from ladybug_fleet.command_line.roll import add_roll
from ladybug_fleet.command_line.snapshot import add_snapshot
from ladybug_fleet.command_line.status import add_status
from ladybug_fleet.command_line.wait import add_wait


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="ladybug-fleet",
        description="Builds, publishes, deploys and watches a fleet of replicas.",
    )
    parser.add_argument("--version", action="version", version=f"ladybug-fleet {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    add_build(verbs)
    add_publish(verbs)
    add_snapshot(verbs)
    add_deploy(verbs)
    add_wait(verbs)
    add_status(verbs)
    add_roll(verbs)
    return parser
