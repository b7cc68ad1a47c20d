"""The command line of `timeline`."""

from __future__ import annotations

from ladybug_agent.command_line.options import Verbs, add_config_file


def add_timeline(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "timeline",
        help="where the time of a boot went, from the kernel's start to the registration",
        description="Puts the kernel, systemd, cloud-init, the userdata stub, every step of the"
        " agent and what followed on one clock: seconds since the kernel started. A source that"
        " cannot be read is named, and the others are shown. Works as a plain user.",
    )
    parser.add_argument(
        "--boot",
        default="0",
        metavar="N|ID",
        help="0 is this boot, -1 the one before it, or the beginning of a boot's id"
        " (default: %(default)s)",
    )
    parser.add_argument("--list", action="store_true", help="list the boots that are kept")
    parser.add_argument(
        "--compare",
        action="store_true",
        help="beside the boots before it: what it usually takes, and what got slower",
    )
    parser.add_argument(
        "--format",
        choices=("text", "json", "svg"),
        default="text",
        help="how the result is printed (default: %(default)s)",
    )
    add_config_file(parser)
