"""The command line of `watch`, and of `alert`, which the units call."""

from __future__ import annotations

from ladybug_agent.command_line.options import Verbs, add_config_file


def add_watch(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "watch",
        help="drain the replica when the end of the instance is announced",
        description="Asks instance metadata every few seconds: Auto Scaling's target state, spot"
        " notices and scheduled events drain the replica, a rebalance recommendation makes it"
        " degraded. Runs until it is told to stop.",
    )
    add_config_file(parser)


def add_alert(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "alert",
        help="tell the console and the SNS topic that a unit of the agent has failed",
        description="For OnFailure= of the units.",
    )
    add_config_file(parser)
    parser.add_argument("--unit", required=True, metavar="UNIT", help="the unit that has failed")
