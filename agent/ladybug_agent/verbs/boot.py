"""The verbs `bootstrap` and `status`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.errors import AgentError
from ladybug_agent.exit_status import ExitStatus, exit_status
from ladybug_agent.interrupts import cancel_on_signals
from ladybug_agent.verbs.configured import configured

if TYPE_CHECKING:
    from ladybug_agent.boot_status import BootStatus


def bootstrap(arguments: argparse.Namespace) -> ExitStatus:
    from ladybug_agent.boot_status import BootStatus
    from ladybug_agent.wiring_leaving import build_service_manager

    status = BootStatus(build_service_manager())
    try:
        error = _boot(arguments, status)
    except AgentError as why:
        status.failed(why)
        raise
    if error is None:
        status.registered()
        return ExitStatus.GOOD
    status.failed(error)
    return exit_status(error)


def _boot(arguments: argparse.Namespace, status: BootStatus) -> AgentError | None:
    from ladybug_agent.boot_process import run_boot
    from ladybug_agent.hook_heartbeats import beating
    from ladybug_agent.render import print_record
    from ladybug_agent.wiring import build_world
    from ladybug_agent.wiring_leaving import build_launch_hook

    config = configured(arguments)
    clock = SystemClock()
    limit_s = config.instance.boot_timeout_s
    status.began(limit_s)
    deadline = Deadline.after(limit_s, clock)
    cancel_on_signals(deadline)
    hook = build_launch_hook(config, clock)
    with beating(hook, config.signals.hook_heartbeat_s, deadline):
        ending = run_boot(config, build_world(config, clock), clock, deadline, status)
    print_record(ending.record, arguments.format)
    return ending.error


def status(arguments: argparse.Namespace) -> ExitStatus:
    from pathlib import Path

    from ladybug_agent.render import print_status
    from ladybug_agent.state import StateDirectory
    from ladybug_agent.status import await_boot, take_status
    from ladybug_agent.wiring import build_local_world

    config = configured(arguments)
    clock = SystemClock()
    state = StateDirectory(Path(config.instance.state_dir))
    if arguments.wait:
        deadline = Deadline.after(arguments.timeout, clock)
        cancel_on_signals(deadline)
        await_boot(state, deadline)
    status = take_status(state, build_local_world(config, clock), config)
    print_status(status, arguments.format)
    return ExitStatus.GOOD if status.is_good else ExitStatus.NOT_GOOD
