"""The command line of `wait`."""

from __future__ import annotations

from ladybug_agent.command_line.options import Verbs, seconds
from ladybug_fleet.command_line.sharing import add_fleet, count


def add_wait(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "wait", help="block until replicas hold a lease and are healthy targets"
    )
    parser.add_argument(
        "--replicas",
        type=count,
        metavar="NUMBER",
        help="how many must be ready (default: what the group wants)",
    )
    parser.add_argument(
        "--snapshot-id", default="", metavar="SNAPSHOT", help="count only replicas of this snapshot"
    )
    parser.add_argument(
        "--agent-version", default="", metavar="VERSION", help="count only replicas of this agent"
    )
    parser.add_argument(
        "--timeout-s",
        type=seconds,
        default=1800.0,
        metavar="SECONDS",
        help="at least 600, and at least the group's grace period (default: %(default)g)",
    )
    add_fleet(parser)
