"""The command line of `health-check`."""

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
