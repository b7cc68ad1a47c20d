"""One function a verb: from parsed arguments to a printed result and an exit status.

Each verb has a module here, which is loaded only for it.
"""

from __future__ import annotations

import argparse
from importlib import import_module

from ladybug_agent.exit_status import ExitStatus


def run_verb(arguments: argparse.Namespace) -> ExitStatus:
    """Run what the command line asks for. Raises AgentError."""
    name = arguments.verb.replace("-", "_")
    status: ExitStatus = getattr(import_module(f"ladybug_fleet.verbs.{name}"), name)(arguments)
    return status
