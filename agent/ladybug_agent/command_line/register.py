"""The command line of `register`."""

from __future__ import annotations

import argparse
import re

from ladybug_agent.command_line.options import Verbs, add_config_file, add_format, seconds

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def add_register(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "register",
        help="register a node that other scripts boot: a shared master or a writer",
        description="Asks the node's own /health, writes its row under the same rules, lease and"
        " fence as a replica's, and for a shared master claims its rows of the graph registry,"
        " where no other live instance has them. Run it again to renew the lease.",
    )
    add_config_file(parser)
    add_format(parser)
    parser.add_argument("--node-type", choices=("shared_master", "writer"), required=True)
    parser.add_argument(
        "--databases",
        type=names,
        required=True,
        metavar="NAMES",
        help="databases the node has, comma-separated; may be empty for a writer",
    )
    parser.add_argument(
        "--max-databases", type=int, metavar="N", help="databases it has room for (default: these)"
    )
    parser.add_argument("--port", type=int, default=8001, help="its port (default: %(default)s)")
    parser.add_argument(
        "--health-path", default="/health", metavar="PATH", help="(default: %(default)s)"
    )
    parser.add_argument(
        "--wait",
        type=seconds,
        default=0.01,
        metavar="SECONDS",
        help="how long a good answer is waited for (default: it is asked once)",
    )


def names(text: str) -> tuple[str, ...]:
    """Split names at commas.

    >>> names("sec, industry"), names("")
    (('sec', 'industry'), ())
    """
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    if bad := [name for name in found if not NAME.fullmatch(name)]:
        message = f"wanted names of databases, found {bad[0]!r}"
        raise argparse.ArgumentTypeError(message)
    return tuple(dict.fromkeys(found))
