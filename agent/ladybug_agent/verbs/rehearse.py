"""The verb `rehearse`, which is the lab's."""

from __future__ import annotations

import argparse

from ladybug_agent.errors import ConfigError
from ladybug_agent.exit_status import ExitStatus


def rehearse(arguments: argparse.Namespace) -> ExitStatus:
    try:
        from ladybug_lab.rehearsal import rehearse
    except ModuleNotFoundError as error:
        raise ConfigError(
            "lab_not_installed",
            f"rehearse needs the Python module `{error.name}`",
            hint="pip install 'ladybug-agent[lab]'; in a git clone `./dev rehearse` does all of it",
        ) from error
    return rehearse(arguments)
