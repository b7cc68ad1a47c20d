"""The command line of `build`."""

from __future__ import annotations

from pathlib import Path

from ladybug_agent.command_line.options import Verbs, add_format


def add_build(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "build",
        help="make the bundle that instances install",
        description="Makes the bundle of this git clone: the same bytes from the same sources."
        " Needs the extra `build`.",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("dist"),
        metavar="DIR",
        help="where the bundle and its .sha256 go (default: %(default)s)",
    )
    parser.add_argument(
        "--wheels",
        type=Path,
        metavar="DIR",
        help="where wheels are kept (default: ladybug-fleet/wheels in the user's cache)",
    )
    parser.add_argument(
        "--offline", action="store_true", help="ask no index: all wheels must be kept already"
    )
    add_format(parser)
