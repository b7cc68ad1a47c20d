"""The command line of `health-check` and `repair`."""

from __future__ import annotations

from ladybug_agent.command_line.options import Verbs, add_config_file, add_format


def add_health_check(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "health-check",
        help="check the replica, tell the registry, restart the container if it must be",
        description="What the timer runs twice a minute: looks at mount, container and service,"
        " renews the lease in the registry, and repairs what a restart can repair.",
    )
    add_config_file(parser)
    add_format(parser)
    parser.add_argument(
        "--confined",
        action="store_true",
        help="as its unit runs it: in a mount namespace of its own, with repairs left to"
        " ladybug-repair.path",
    )


def add_repair(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "repair",
        help="restart the container through the boot's chain, the mount verified first",
        description="What a health check that may not mount has done for it. By hand it restarts"
        " the container whether a check asked for that or not.",
    )
    add_config_file(parser)
