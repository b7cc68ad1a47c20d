"""What the process tells its caller. Public API, fixed from the first release.

137, 168, 169 and 194 are never used: the SSM agent gives them a meaning of its own.
"""

from __future__ import annotations

from enum import IntEnum

from ladybug_agent.errors import AgentError, Busy, ConfigError, Fenced


class ExitStatus(IntEnum):
    GOOD = 0
    NOT_GOOD = 1
    USAGE = 2
    FENCED = 3
    RESULT_NOT_WRITTEN = 4
    BUSY = 75


def exit_status(error: AgentError) -> ExitStatus:
    """Return the exit status that an error ends the process with."""
    match error:
        case ConfigError():
            return ExitStatus.USAGE
        case Fenced():
            return ExitStatus.FENCED
        case Busy():
            return ExitStatus.BUSY
        case _:
            return ExitStatus.NOT_GOOD
