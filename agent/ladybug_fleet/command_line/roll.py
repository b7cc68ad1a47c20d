"""The command line of `roll`."""

from __future__ import annotations

import argparse

from ladybug_agent.command_line.options import Verbs, seconds
from ladybug_fleet.command_line.sharing import add_fleet, count

ALL = 100


def add_roll(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "roll", help="replace all replicas by an instance refresh; stop it when it does harm"
    )
    goal = parser.add_mutually_exclusive_group()
    goal.add_argument(
        "--template-version",
        default="",
        metavar="NUMBER",
        help="version of the launch template (default: its newest)",
    )
    goal.add_argument(
        "--snapshot-id",
        default="",
        metavar="SNAPSHOT",
        help="make a version of the launch template with this snapshot, and roll to that",
    )
    goal.add_argument(
        "--follow", action="store_true", help="begin nothing; follow the newest refresh"
    )
    parser.add_argument(
        "--rollback", action="store_true", help="on failure go back to what was there before"
    )
    _add_manner(parser)
    parser.add_argument(
        "--timeout-s",
        type=seconds,
        default=14400.0,
        metavar="SECONDS",
        help="how long to follow; the refresh goes on without us (default: %(default)g)",
    )
    add_fleet(parser)


def checkpoints(text: str) -> tuple[int, ...]:
    """Parse percentages; empty has none.

    >>> checkpoints("25,100"), checkpoints("")
    ((25, 100), ())
    """
    found = tuple(count(part) for part in text.split(",")) if text else ()
    if found and (list(found) != sorted(set(found)) or found[0] == 0 or found[-1] != ALL):
        message = f"wanted rising percentages that end with 100, found {text!r}"
        raise argparse.ArgumentTypeError(message)
    return found


def _add_manner(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--checkpoints",
        type=checkpoints,
        default=(25, 100),
        metavar="PERCENT,...",
        help="shares after which it pauses (default: 25,100); empty has none",
    )
    parser.add_argument(
        "--checkpoint-delay-s",
        type=count,
        default=300,
        metavar="SECONDS",
        help="the pause (default: %(default)d)",
    )
    parser.add_argument(
        "--unready-s",
        type=seconds,
        default=300.0,
        metavar="SECONDS",
        help="stop when a new replica in service is not ready for so long (default: %(default)g)",
    )
    parser.add_argument("--min-healthy-percent", type=count, default=100, metavar="PERCENT")
    parser.add_argument("--max-healthy-percent", type=count, default=150, metavar="PERCENT")
    parser.add_argument(
        "--bake-s", type=count, default=0, metavar="SECONDS", help="watch so long after the last"
    )
    parser.add_argument(
        "--alarm",
        action="append",
        default=[],
        metavar="NAME",
        help="CloudWatch alarm that fails the refresh; may be repeated",
    )
