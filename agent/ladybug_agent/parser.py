"""The command line as argparse sees it. Imports nothing heavy: `--version` pays for it."""

from __future__ import annotations

import argparse
from pathlib import Path

from ladybug_agent import __version__

DEFAULT_CONFIG = Path("/etc/ladybug-agent/config.toml")
EXIT_STATUS = """\
exit status:
  0   good (warnings included)
  1   not good
  2   usage or configuration
  3   refused: another live registration holds this identity
  4   the result is known but could not be written to the registry
  75  busy: another run holds the lock
"""


def build_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="ladybug-agent",
        description="Boots this instance into a registered, read-only LadybugDB replica.",
    )
    parser.add_argument("--version", action="version", version=f"ladybug-agent {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    _add_bootstrap(verbs)
    _add_status(verbs)
    _add_verify(verbs)
    _add_config(verbs)
    _add_rehearse(verbs)
    return parser


class _Parser(argparse.ArgumentParser):
    """A parser whose help ends with the exit status, for every verb."""

    def __init__(self, **settings: object) -> None:
        super().__init__(
            **settings,  # type: ignore[arg-type]  # argparse passes its own on to sub-parsers
            epilog=EXIT_STATUS,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )


def _add_bootstrap(verbs: argparse._SubParsersAction[_Parser]) -> None:
    parser = verbs.add_parser(
        "bootstrap",
        help="boot the replica and register it",
        description="Finds, mounts and verifies the data volume, pulls the image, starts the"
        " container, waits until it is healthy and registers it. Running it again changes nothing.",
    )
    _add_config_file(parser)
    _add_format(parser)


def _add_status(verbs: argparse._SubParsersAction[_Parser]) -> None:
    parser = verbs.add_parser(
        "status",
        help="how the boot went, and what is true now",
        description="Reads the boot record and looks at mount, container and service.",
    )
    _add_config_file(parser)
    _add_format(parser)
    parser.add_argument("--wait", action="store_true", help="wait until the boot has ended")
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=900.0,
        metavar="SECONDS",
        help="how long --wait waits (default: %(default)g)",
    )


def _add_verify(verbs: argparse._SubParsersAction[_Parser]) -> None:
    parser = verbs.add_parser(
        "verify",
        help="check databases by hand, or write the manifest of a snapshot",
        description="Makes the boot's checks on a directory of databases, on a block device, or,"
        " without either, on the volume that is mounted here. Changes nothing, but for"
        " --write-manifest, which writes one file.",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("path", nargs="?", type=Path, metavar="PATH", help="directory to look in")
    where.add_argument("--device", type=Path, metavar="DEV", help="block device (needs root)")
    where.add_argument(
        "--write-manifest",
        type=Path,
        metavar="DIR",
        help="check the databases in DIR, then write down beside them what they are",
    )
    parser.add_argument(
        "--database",
        action="append",
        default=[],
        metavar="NAME",
        help="database that must be there; may be repeated (default: all that are)",
    )
    parser.add_argument(
        "--depth",
        choices=("names", "sampled", "full"),
        help="how deeply to compare with the manifest (default: as configured, or sampled)",
    )
    parser.add_argument(
        "--image",
        metavar="IMAGE",
        help="also open and count each database with the engine of this local image",
    )
    _add_config_file(parser)
    _add_format(parser)


def _add_config(verbs: argparse._SubParsersAction[_Parser]) -> None:
    parser = verbs.add_parser("config", help="check the configuration, or print its JSON Schema")
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    check = acts.add_parser(
        "check", help="name the first mistake in a file", description="Works off the instance."
    )
    _add_config_file(check)
    acts.add_parser("schema", help="print the JSON Schema of the file, for editors")


def _add_rehearse(verbs: argparse._SubParsersAction[_Parser]) -> None:
    parser = verbs.add_parser(
        "rehearse",
        help="the whole boot on this machine, before any instance is launched",
        description="Runs the boot against a real Docker engine, filesystem and database, and"
        " emulated AWS. Needs root and the extra `ladybug-agent[lab]`.",
    )
    _add_format(parser)
    parser.add_argument("--keep", action="store_true", help="leave everything up for a look")
    parser.add_argument("--down", action="store_true", help="take down what --keep left up")
    parser.add_argument("--image", metavar="IMAGE", help="rehearse this local image")
    parser.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        help="rehearse these snapshot contents: a directory of .lbug files",
    )


def _add_config_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        type=Path,
        default=DEFAULT_CONFIG,
        metavar="FILE",
        help="configuration (default: %(default)s)",
    )


def _add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="how the result is printed (default: %(default)s)",
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        message = f"wanted a number of seconds above 0, found {text!r}"
        raise argparse.ArgumentTypeError(message)
    return seconds
