"""The door of the operator tools: parse, run one verb, turn every error into an exit status."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ladybug_agent.config import LoggingConfig
from ladybug_agent.errors import AgentError, describe, error_chain
from ladybug_agent.exit_status import exit_status
from ladybug_agent.logs import configure_logs
from ladybug_fleet.command_line import build_parser
from ladybug_fleet.notices import complain
from ladybug_fleet.verbs import run_verb


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit status (`ladybug_agent.exit_status`)."""
    arguments = build_parser().parse_args(argv)
    configure_logs(LoggingConfig())
    try:
        return int(run_verb(arguments))
    except AgentError as error:
        complain(describe(error))
        for cause in error_chain(error)[1:]:
            print(f"  because {cause}", file=sys.stderr)
        return int(exit_status(error))
    except KeyboardInterrupt:
        # What was begun in AWS goes on there; each verb can be run again to follow it.
        return 130


if __name__ == "__main__":
    sys.exit(main())
