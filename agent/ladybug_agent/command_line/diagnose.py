"""The command line of `diagnose`."""

from __future__ import annotations

from ladybug_agent.command_line.bundle_target import bundle_target
from ladybug_agent.command_line.options import Parser, Verbs, add_config_file, seconds


def add_diagnose(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "diagnose",
        help="what is wrong with this instance, the root cause first",
        description="Asks some forty questions about metadata, network, permissions, volume,"
        " container, service, registry and load balancer, side by side, and names the root cause"
        " first. Changes nothing. Works as a plain user, with less to see.",
    )
    add_config_file(parser)
    _add_forms(parser)
    parser.add_argument("--list", action="store_true", help="name the checks, and ask nothing")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="ID",
        help="ask this check, or this group of checks; may be repeated",
    )
    parser.add_argument(
        "--skip", action="append", default=[], metavar="ID", help="leave out; may be repeated"
    )
    parser.add_argument(
        "--quick", action="store_true", help="ask only what is on this machine, within a second"
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1 on a warning too")
    parser.add_argument(
        "--timeout",
        type=seconds,
        metavar="SECONDS",
        help="time for all of it (default: 20, with --quick 0.5)",
    )


def _add_forms(parser: Parser) -> None:
    parser.add_argument(
        "--format",
        choices=("text", "json", "html"),
        default="text",
        help="how the result is printed; html is a page to be opened (default: %(default)s)",
    )
    parser.add_argument(
        "--bundle",
        type=bundle_target,
        metavar="FILE|s3://BUCKET/PREFIX",
        help="also pack what a supporter needs, without secrets: journal, records, configuration,"
        " what container, disks, mounts and kernel say; FILE may be a directory",
    )
