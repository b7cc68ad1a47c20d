"""The command line of `snapshot`."""

from __future__ import annotations

from ladybug_agent.command_line.options import Verbs
from ladybug_fleet.command_line.sharing import add_session, days, pair


def add_snapshot(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "snapshot", help="choose the snapshot that a deployment is to use, and say why"
    )
    parser.add_argument(
        "--tag",
        action="append",
        type=pair,
        default=[],
        metavar="NAME=VALUE",
        help="tag that the snapshot must have, such as Environment=prod; may be repeated",
    )
    parser.add_argument("--id", metavar="SNAPSHOT", help="look at this one instead of choosing")
    parser.add_argument(
        "--max-age-days",
        type=days,
        default=7.0,
        metavar="DAYS",
        help="age from which it is stale (default: %(default)g)",
    )
    parser.add_argument("--refuse-stale", action="store_true", help="fail where it is stale")
    parser.add_argument(
        "--allow-unencrypted", action="store_true", help="take one that is not encrypted"
    )
    parser.add_argument(
        "--allow-empty",
        action="store_true",
        help="first deployment: where there is no snapshot at all, choose none",
    )
    add_session(parser)
