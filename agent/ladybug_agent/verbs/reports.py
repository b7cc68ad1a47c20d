"""How a verb that fails says so."""

from __future__ import annotations

import structlog

from ladybug_agent.config import LoggingConfig
from ladybug_agent.errors import AgentError, describe, error_chain, reason
from ladybug_agent.logs import configure_logs

log = structlog.get_logger(__name__)


def log_by_default(verb: str) -> None:
    """Log before the configuration has been read, or where none is needed."""
    configure_logs(LoggingConfig(), verb=verb)


def log_error(error: AgentError) -> None:
    found = reason(error) or error
    chain = error_chain(error)
    log.error("failed", code=found.code, message=str(found), hint=found.hint, error=chain)


def log_bug(error: Exception) -> None:
    log.error("failed", code="internal_error", message=describe(error), exc_info=error)
