"""The door of the program: parse, run one verb, turn every error into an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ladybug_agent.parser import build_parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit status (`ladybug_agent.exit_status`)."""
    arguments = build_parser().parse_args(argv)
    # Only now: `--version` and a wrong command line must not pay for these imports.
    from ladybug_agent.errors import AgentError
    from ladybug_agent.verbs import report_bug, report_error, run_verb

    try:
        return int(run_verb(arguments))
    except AgentError as error:
        return int(report_error(error))
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): nothing is left to be said on it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 - the one place where anything is caught
        return int(report_bug(error))


if __name__ == "__main__":
    sys.exit(main())
