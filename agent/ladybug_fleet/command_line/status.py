"""The command line of `status`."""

from __future__ import annotations

from pathlib import Path

from ladybug_agent.command_line.options import Verbs
from ladybug_fleet.command_line.sharing import add_fleet, days


def add_status(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "status", help="the fleet as Auto Scaling, load balancer and registry see it"
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write it as one page, too")
    parser.add_argument(
        "--max-age-days",
        type=days,
        default=7.0,
        metavar="DAYS",
        help="age from which data is remarked upon (default: %(default)g)",
    )
    add_fleet(parser)
