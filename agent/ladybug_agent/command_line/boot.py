"""The command line of `bootstrap`, `status` and `rehearse`."""

from __future__ import annotations

from pathlib import Path

from ladybug_agent.command_line.options import Verbs, add_config_file, add_format, seconds


def add_bootstrap(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "bootstrap",
        help="boot the replica and register it",
        description="Finds, mounts and verifies the data volume, pulls the image, starts the"
        " container, waits until it is healthy and registers it. Running it again changes nothing.",
    )
    add_config_file(parser)
    add_format(parser)


def add_status(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "status",
        help="how the boot went, and what is true now",
        description="Reads the boot record and looks at mount, container and service.",
    )
    add_config_file(parser)
    add_format(parser)
    parser.add_argument("--wait", action="store_true", help="wait until the boot has ended")
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=900.0,
        metavar="SECONDS",
        help="how long --wait waits (default: %(default)g)",
    )


def add_rehearse(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "rehearse",
        help="the whole boot on this machine, before any instance is launched",
        description="Runs the boot against a real Docker engine, filesystem and database, and"
        " emulated AWS. Needs root and the extra `ladybug-agent[lab]`.",
    )
    add_format(parser)
    parser.add_argument("--keep", action="store_true", help="leave everything up for a look")
    parser.add_argument("--down", action="store_true", help="take down what --keep left up")
    parser.add_argument("--image", metavar="IMAGE", help="rehearse this local image")
    parser.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        help="rehearse these snapshot contents: a directory of .lbug files",
    )
