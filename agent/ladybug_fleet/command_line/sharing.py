"""What the verbs that talk to AWS share on the command line."""

from __future__ import annotations

import argparse

from ladybug_agent.command_line.options import add_format


def add_session(parser: argparse.ArgumentParser) -> None:
    """Add region, profile and format."""
    parser.add_argument("--region", help="AWS region (default: of the environment or the profile)")
    parser.add_argument("--profile", help="profile of the AWS CLI")
    add_format(parser)


def pair(text: str) -> tuple[str, str]:
    """Parse NAME=VALUE; the value may be empty and may have `=` in it."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        message = f"wanted NAME=VALUE, found {text!r}"
        raise argparse.ArgumentTypeError(message)
    return name, value


def count(text: str) -> int:
    """Parse a whole number from 0."""
    if not (text.isascii() and text.isdigit()):
        message = f"wanted a whole number from 0, found {text!r}"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = -1.0
    if not 0 < days < float("inf"):
        message = f"wanted a number of days above 0, found {text!r}"
        raise argparse.ArgumentTypeError(message)
    return days


def add_fleet(parser: argparse.ArgumentParser) -> None:
    """Add how a fleet is named, and the session."""
    parser.add_argument(
        "--stack", default="", metavar="NAME", help="the replica stack: its group and its table"
    )
    parser.add_argument("--group", default="", metavar="NAME", help="the Auto Scaling group")
    parser.add_argument("--table", default="", metavar="NAME", help="the instance registry")
    add_session(parser)
