"""The command line of `deploy`."""

from __future__ import annotations

import argparse
from pathlib import Path

from ladybug_agent.command_line.options import Verbs, seconds
from ladybug_fleet.command_line.sharing import add_session, pair


def add_deploy(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "deploy", help="create or update a stack: show the changes, carry them out, follow them"
    )
    parser.add_argument("--stack", required=True, metavar="NAME")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--template", type=Path, metavar="FILE")
    source.add_argument(
        "--template-url", metavar="URL", help="template in S3, as s3://BUCKET/KEY or https://"
    )
    _add_contents(parser)
    parser.add_argument(
        "--capability",
        action="append",
        default=[],
        choices=("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"),
        help="what the template may do; may be repeated",
    )
    parser.add_argument(
        "--role-arn", default="", metavar="ARN", help="role that CloudFormation works with"
    )
    parser.add_argument("--dry-run", action="store_true", help="show the changes only")
    parser.add_argument(
        "--timeout-s",
        type=seconds,
        default=7200.0,
        metavar="SECONDS",
        help="how long to follow; the stack goes on without us (default: %(default)g)",
    )
    add_session(parser)


def _add_contents(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--parameter",
        action="append",
        type=pair,
        default=[],
        metavar="NAME=VALUE",
        help="may be repeated; what is not given keeps the value that the stack has",
    )
    parser.add_argument(
        "--parameters",
        type=Path,
        metavar="FILE",
        help='JSON, as {"Name": "value"}; --parameter comes before it',
    )
    parser.add_argument("--stack-tag", action="append", type=pair, default=[], metavar="NAME=VALUE")
