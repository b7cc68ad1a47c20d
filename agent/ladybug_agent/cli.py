"""The door of the program: parse, run one verb, turn every error into an exit status."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence

from ladybug_agent.command_line import build_parser

# Loading libraries and service models makes objects, not garbage: at the default thresholds the
# collector takes a fifth of a boot's CPU to find that out.
GC_THRESHOLDS = (200_000, 10, 10)
# The branches of the boot share one interpreter: with short turns, the one that is loading a large
# service model does not hold up the one that only has to send its next request.
SWITCH_INTERVAL_S = 0.0005


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit status (`ladybug_agent.exit_status`)."""
    words = sys.argv[1:] if argv is None else argv
    arguments = build_parser(words).parse_args(words)
    tune_interpreter()
    # Only now: `--version` and a wrong command line must not pay for these imports.
    from ladybug_agent.errors import AgentError
    from ladybug_agent.verbs import report_bug, report_error, run_verb

    try:
        return int(run_verb(arguments))
    except AgentError as error:
        return int(report_error(error, arguments.verb))
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): nothing is left to be said on it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 - the one place where anything is caught
        return int(report_bug(error, arguments.verb))


def tune_interpreter() -> None:
    """Set the interpreter up for a short life of loading libraries in two threads."""
    gc.set_threshold(*GC_THRESHOLDS)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    # At its end the interpreter looks for garbage in all that was ever loaded: 0.2 s for nothing.
    atexit.register(gc.freeze)


if __name__ == "__main__":
    sys.exit(main())
