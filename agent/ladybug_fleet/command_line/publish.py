"""The command line of `publish`."""

from __future__ import annotations

from pathlib import Path

from ladybug_agent.command_line.options import Verbs
from ladybug_fleet.command_line.sharing import add_session


def add_publish(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "publish",
        help="upload a bundle and its templates, and check what arrived",
        description="Uploads bundle, templates and check sums below PREFIX/VERSION, and asks for"
        " each what arrived. A version that is there already must be the same.",
    )
    parser.add_argument(
        "--to", required=True, metavar="S3-URI", help="s3://BUCKET/PREFIX, without the version"
    )
    parser.add_argument(
        "--bundle",
        type=Path,
        metavar="FILE",
        help="bundle, with its .sha256 beside it (default: that of this version in dist)",
    )
    add_session(parser)
