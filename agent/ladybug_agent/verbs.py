"""One function a verb: from parsed arguments to a printed result and an exit status."""

from __future__ import annotations

import argparse
from collections.abc import Callable

import structlog

from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.config import Config, LoggingConfig
from ladybug_agent.config_file import load_config
from ladybug_agent.errors import AgentError, ConfigError, describe, error_chain, reason
from ladybug_agent.exit_status import ExitStatus, exit_status
from ladybug_agent.interrupts import cancel_on_signals
from ladybug_agent.logs import configure_logs

log = structlog.get_logger(__name__)


def run_verb(arguments: argparse.Namespace) -> ExitStatus:
    """Run what the command line asks for. Raises AgentError."""
    configure_logs(LoggingConfig(), verb=arguments.verb)
    verbs: dict[str, Callable[[argparse.Namespace], ExitStatus]] = {
        "bootstrap": _bootstrap,
        "status": _status,
        "verify": _verify,
        "config": _config,
        "rehearse": _rehearse,
    }
    return verbs[arguments.verb](arguments)


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


def _bootstrap(arguments: argparse.Namespace) -> ExitStatus:
    from ladybug_agent.boot_process import run_boot
    from ladybug_agent.render import print_record
    from ladybug_agent.wiring import build_world

    config = _configured(arguments)
    clock = SystemClock()
    deadline = Deadline.after(config.instance.boot_timeout_s, clock)
    cancel_on_signals(deadline)
    ending = run_boot(config, build_world(config, clock), clock, deadline)
    print_record(ending.record, arguments.format)
    return ExitStatus.GOOD if ending.error is None else exit_status(ending.error)


def _status(arguments: argparse.Namespace) -> ExitStatus:
    from pathlib import Path

    from ladybug_agent.render import print_status
    from ladybug_agent.state import StateDirectory
    from ladybug_agent.status import await_boot, take_status
    from ladybug_agent.wiring import build_local_world

    config = _configured(arguments)
    clock = SystemClock()
    state = StateDirectory(Path(config.instance.state_dir))
    if arguments.wait:
        deadline = Deadline.after(arguments.timeout, clock)
        cancel_on_signals(deadline)
        await_boot(state, deadline)
    status = take_status(state, build_local_world(config, clock), config)
    print_status(status, arguments.format)
    return ExitStatus.GOOD if status.is_good else ExitStatus.NOT_GOOD


def _verify(arguments: argparse.Namespace) -> ExitStatus:
    from ladybug_agent.verify.text import print_verification
    from ladybug_agent.verify.verb import run_verify, verify_config
    from ladybug_agent.wiring import build_verify_world

    config = verify_config(arguments)
    configure_logs(config.logging, verb=arguments.verb)
    # No limit but control-C: a full comparison on a lazily loaded volume may take hours.
    deadline = Deadline.after(float("inf"), SystemClock())
    cancel_on_signals(deadline)
    verification, manifest = run_verify(arguments, config, build_verify_world(), deadline)
    print_verification(verification, manifest, arguments.format)
    return ExitStatus.GOOD if verification.is_good else ExitStatus.NOT_GOOD


def _config(arguments: argparse.Namespace) -> ExitStatus:
    from ladybug_agent.config_schema import config_json_schema
    from ladybug_agent.render import print_json

    if arguments.act == "schema":
        print_json(config_json_schema())
        return ExitStatus.GOOD
    load_config(arguments.config)
    print(f"{arguments.config}: good")
    return ExitStatus.GOOD


def _rehearse(arguments: argparse.Namespace) -> ExitStatus:
    try:
        from ladybug_lab.rehearsal import rehearse
    except ModuleNotFoundError as error:
        raise ConfigError(
            "lab_not_installed",
            f"rehearse needs the Python module `{error.name}`",
            hint="pip install 'ladybug-agent[lab]'; in a git clone `./dev rehearse` does all of it",
        ) from error
    return rehearse(arguments)


def _configured(arguments: argparse.Namespace) -> Config:
    config = load_config(arguments.config)
    configure_logs(config.logging, verb=arguments.verb)
    return config
