"""Why something failed, as an operator is told."""

from __future__ import annotations

from ladybug_agent.errors import AgentError, reason


def why(error: BaseException) -> AgentError:
    """Return the error that names the cause: for a deadline, what was waited for in vain."""
    found = reason(error)
    assert found is not None
    return found
