"""One function a verb: from parsed arguments to a printed result and an exit status.

Each verb has a module here, which is loaded only for it.
"""

from __future__ import annotations

import argparse
from importlib import import_module

import structlog

from ladybug_agent.config import LoggingConfig
from ladybug_agent.errors import AgentError, describe, error_chain, reason
from ladybug_agent.exit_status import ExitStatus, exit_status
from ladybug_agent.logs import configure_logs

log = structlog.get_logger(__name__)

MODULES = {
    "bootstrap": "boot",
    "status": "boot",
    "verify": "verify",
    "refresh": "refresh",
    "drain": "drain",
    "config": "config",
    "rehearse": "rehearse",
}
"""In which module of this package a verb's function is; the function is named like the verb."""


def run_verb(arguments: argparse.Namespace) -> ExitStatus:
    """Run what the command line asks for. Raises AgentError."""
    configure_logs(LoggingConfig(), verb=arguments.verb)
    name = arguments.verb.replace("-", "_")
    module = import_module(f"ladybug_agent.verbs.{MODULES[arguments.verb]}")
    status: ExitStatus = getattr(module, name)(arguments)
    return status


def report_error(error: AgentError) -> ExitStatus:
    """Log an error once, with its chain of causes, and say what to exit with."""
    found = reason(error) or error
    chain = error_chain(error)
    log.error("failed", code=found.code, message=str(found), hint=found.hint, error=chain)
    return exit_status(error)


def report_bug(error: Exception) -> ExitStatus:
    """Log an error that is a fault of the agent itself."""
    log.error("failed", code="internal_error", message=describe(error), exc_info=error)
    return ExitStatus.NOT_GOOD
