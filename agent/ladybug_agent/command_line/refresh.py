"""The command line of `refresh`."""

from __future__ import annotations

from ladybug_agent.command_line.options import Verbs, add_config_file, add_format


def add_refresh(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "refresh",
        help="bring the replica to another image, and back if it fails",
        description="Pulls the image, checks it against the mounted databases, and only then swaps"
        " the containers. Nothing is done where nothing has changed. The first word of the output"
        " is the result: updated, no-op, rolled-back, deferred (exit status 75: try later) or"
        " failed.",
    )
    add_config_file(parser)
    add_format(parser)
    parser.add_argument(
        "--image",
        default="",
        metavar="IMAGE",
        help="image to run until the next boot (default: `container.image`)",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="also where the replica is not healthy, the registry cannot be told, or nothing has"
        " changed",
    )
