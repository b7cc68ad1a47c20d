"""The verb `verify`."""

from __future__ import annotations

import argparse

from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.exit_status import ExitStatus
from ladybug_agent.interrupts import cancel_on_signals
from ladybug_agent.logs import configure_logs


def verify(arguments: argparse.Namespace) -> ExitStatus:
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
