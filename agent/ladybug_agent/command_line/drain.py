"""The command line of `drain`."""

from __future__ import annotations

from ladybug_agent.command_line.options import Verbs, add_config_file, add_format, seconds

TRIGGERS = ("operator", "shutdown", "asg_termination", "spot_interruption", "scheduled_event")


def add_drain(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "drain",
        help="take the replica out of service, in order",
        description="Says `draining` in the registry, waits for the load balancer and for open"
        " connections, stops the container, unmounts the volume, says `terminated` and completes"
        " the termination hook, all within its budget. Running it again changes nothing.",
    )
    add_config_file(parser)
    add_format(parser)
    acts = parser.add_mutually_exclusive_group()
    acts.add_argument(
        "--undo",
        action="store_true",
        help="take a drain back, while nothing has been stopped yet",
    )
    acts.add_argument(
        "--trigger",
        choices=TRIGGERS,
        default="operator",
        help="why, for the row's `reason_code`; `shutdown` does nothing unless the machine is going"
        " down (default: %(default)s)",
    )
    parser.add_argument(
        "--budget",
        type=seconds,
        metavar="SECONDS",
        help="time for all of it (default: `drain.budget_s`)",
    )
