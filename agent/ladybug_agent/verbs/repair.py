"""The verb `repair`: what a health check that may not mount asks for."""

from __future__ import annotations

import argparse
from pathlib import Path

from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.config import Config
from ladybug_agent.drain.phase import drain_in_effect
from ladybug_agent.errors import AgentError, Refused
from ladybug_agent.exit_status import ExitStatus
from ladybug_agent.health.handover import REPAIR_S, answer, ended_by, ended_well, take_request
from ladybug_agent.interrupts import cancel_on_signals
from ladybug_agent.state import StateDirectory
from ladybug_agent.verbs.configured import configured


def repair(arguments: argparse.Namespace) -> ExitStatus:
    config = configured(arguments)
    state = StateDirectory(Path(config.instance.state_dir))
    request = take_request(state)
    deadline = Deadline.after(REPAIR_S, SystemClock())
    cancel_on_signals(deadline)
    try:
        container_id = _repair(config, state, deadline)
    except AgentError as error:
        answer(state, request, ended_by(error))
        raise
    answer(state, request, ended_well(container_id))
    print(f"restarted as {container_id[:12]}; the health checks say whether it serves")
    return ExitStatus.GOOD


def _repair(config: Config, state: StateDirectory, deadline: Deadline) -> str:
    from ladybug_agent.health.repair import repair as restart
    from ladybug_agent.wiring import build_world
    from ladybug_agent.wiring_tick import what_serves

    served = what_serves(state)
    if drain_in_effect(state, served.boot_id):
        raise Refused(
            "instance_draining",
            "wanted to restart the container, but this replica leaves",
            hint="`ladybug-agent drain --undo`, while the drain is in phase `draining`",
        )
    return restart(config, build_world(config, deadline.clock), served, deadline).container_id
