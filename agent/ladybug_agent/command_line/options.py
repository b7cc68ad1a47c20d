"""What the verbs' parsers share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeAlias

DEFAULT_CONFIG = Path("/etc/ladybug-agent/config.toml")
EXIT_STATUS = """\
exit status:
  0   good (warnings included)
  1   not good
  2   usage or configuration
  3   refused: another live registration holds this identity
  4   the result is known but could not be written to the registry
  75  not now: another run holds the lock, or a refresh is deferred
"""


class Parser(argparse.ArgumentParser):
    """A parser whose help ends with the exit status, for every verb."""

    exit_status = EXIT_STATUS

    def __init__(self, **settings: object) -> None:
        super().__init__(
            **settings,  # type: ignore[arg-type]  # argparse passes its own on to sub-parsers
            epilog=self.exit_status,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )


Verbs: TypeAlias = "argparse._SubParsersAction[Parser]"  # noqa: SLF001 - it has no public name


def add_config_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        type=Path,
        default=DEFAULT_CONFIG,
        metavar="FILE",
        help="configuration (default: %(default)s)",
    )


def add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="how the result is printed (default: %(default)s)",
    )


def seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        message = f"wanted a number of seconds above 0, found {text!r}"
        raise argparse.ArgumentTypeError(message)
    return seconds
