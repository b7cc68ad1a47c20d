"""One function a verb: from parsed arguments to a printed result and an exit status.

Each verb has a module here, which is loaded only for it.
"""

from __future__ import annotations

import argparse
from importlib import import_module

from ladybug_agent.errors import AgentError
from ladybug_agent.exit_status import ExitStatus, exit_status

MODULES = {
    "bootstrap": "boot",
    "status": "boot",
    "diagnose": "diagnose",
    "health-check": "health",
    "repair": "repair",
    "verify": "verify",
    "hydrate": "hydrate",
    "refresh": "refresh",
    "drain": "drain",
    "watch": "watch",
    "alert": "alert",
    "register": "register",
    "timeline": "timeline",
    "config": "config",
    "rehearse": "rehearse",
}
"""In which module of this package a verb's function is; the function is named like the verb."""
LEAN = frozenset({"alert", "health-check", "watch"})
"""They log by `journal.py`, because loading structlog costs more than all that they do."""


def run_verb(arguments: argparse.Namespace) -> ExitStatus:
    """Run what the command line asks for. Raises AgentError."""
    if arguments.verb not in LEAN:
        from ladybug_agent.verbs.reports import log_by_default

        log_by_default(arguments.verb)
    name = arguments.verb.replace("-", "_")
    module = import_module(f"ladybug_agent.verbs.{MODULES[arguments.verb]}")
    status: ExitStatus = getattr(module, name)(arguments)
    return status


def report_error(error: AgentError, verb: str) -> ExitStatus:
    """Log an error once, with its chain of causes, and say what to exit with."""
    from ladybug_agent.verbs.reports import log_by_default, log_error

    if verb in LEAN:
        log_by_default(verb)
    log_error(error)
    return exit_status(error)


def report_bug(error: Exception, verb: str) -> ExitStatus:
    """Log an error that is a fault of the agent itself."""
    from ladybug_agent.verbs.reports import log_bug, log_by_default

    if verb in LEAN:
        log_by_default(verb)
    log_bug(error)
    return ExitStatus.NOT_GOOD
