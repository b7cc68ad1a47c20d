"""The command line of `config check` and `config schema`."""

from __future__ import annotations

from ladybug_agent.command_line.options import Verbs, add_config_file


def add_config(verbs: Verbs) -> None:
    parser = verbs.add_parser("config", help="check the configuration, or print its JSON Schema")
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    check = acts.add_parser(
        "check", help="name the first mistake in a file", description="Works off the instance."
    )
    add_config_file(check)
    acts.add_parser("schema", help="print the JSON Schema of the file, for editors")
