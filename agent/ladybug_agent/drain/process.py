"""One run of a drain as a process: lock, record, the order of the steps, and the ending."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import structlog

from ladybug_agent.clock import Deadline
from ladybug_agent.config import Config
from ladybug_agent.drain.phase import read_drain
from ladybug_agent.drain.record import DrainRecord
from ladybug_agent.drain.run import Drain, DrainWorld, skip
from ladybug_agent.drain.steps import end_boot, is_running, say, stop_container, unmount
from ladybug_agent.drain.waits import (
    await_connections,
    await_deregistered,
    complete_hook,
    refuse_undone,
)
from ladybug_agent.errors import AgentError, Cancelled, ConfigError
from ladybug_agent.hook_heartbeats import beating
from ladybug_agent.lock_waits import await_lock
from ladybug_agent.model.lifecycle import Trigger
from ladybug_agent.state import StateDirectory

log = structlog.get_logger(__name__)

TICK_ENDS_S = 5.0


def run_drain(
    config: Config, world: DrainWorld, trigger: Trigger, deadline: Deadline
) -> DrainRecord:
    """Take the replica out of service, in order, and return the story of it.

    Blocks to the deadline at most, and for one call more. A second drain waits for the first and
    finds its work done. Raises Fenced if the row is another registration's, Busy if another drain
    does not end in time.
    """
    if not world.machine.is_root():
        raise ConfigError(
            "not_root",
            "a drain stops the container and unmounts its volume, which needs root",
            hint="run it with sudo",
        )
    state = StateDirectory(Path(config.instance.state_dir))
    boot_id = world.machine.boot().boot_id
    record = DrainRecord(state.drain, deadline.clock, boot_id, trigger)
    if trigger == "shutdown" and not world.power.is_stopping():
        record.result = "not-needed"
        log.info("drain_not_needed", trigger=trigger)
        return record
    with ExitStack() as held:
        await_lock(held, state.locked_for_drain, "the other drain to end", deadline)
        before = read_drain(state.drain, boot_id)
        drain = Drain(
            config=config,
            world=world,
            state=state,
            record=record,
            trigger=trigger,
            deadline=deadline,
        )
        hook = world.hook
        held.enter_context(beating(hook, config.signals.hook_heartbeat_s, deadline))
        if before is not None and before["phase"] == "drained" and not is_running(drain):
            _again(drain, before)
        else:
            _first(drain, held)
    return record


def _again(drain: Drain, before: dict[str, Any]) -> None:
    """Do what may have become possible since: the hook begins only when Auto Scaling gets there."""
    drain.record.phase = "drained"
    if _untold(before):
        say(drain, "terminated")
    complete_hook(drain)
    drain.record.finish("drained", "already-drained")


def _untold(before: dict[str, Any]) -> bool:
    failed = (step["name"] for step in before["steps"] if step["verdict"] == "failed")
    return "row_terminated" in failed


def _first(drain: Drain, held: ExitStack) -> None:
    log.info("drain_began", trigger=drain.trigger, budget_s=round(drain.deadline.remaining_s, 1))
    drain.state.drain_undone.unlink(missing_ok=True)
    drain.record.save()
    try:
        _leave(drain, held)
    except Cancelled as error:
        undone = error.code == "drain_undone"
        drain.record.finish("undone" if undone else "draining", "undone" if undone else "")
        raise
    except AgentError:
        drain.record.finish("undone", "incomplete")  # fenced: not ours to drain
        raise


def _leave(drain: Drain, held: ExitStack) -> None:
    say(drain, "draining")
    end_boot(drain, held)
    await_deregistered(drain)
    await_connections(drain)
    _pass_the_point_of_no_return(drain)
    say(drain, "terminating")
    _await_tick(drain, held)
    if stop_container(drain):
        unmount(drain)
        say(drain, "terminated")
    else:
        skip(drain, "unmount", "the container was not stopped")
        skip(drain, "row_terminated", "the container was not stopped")
    complete_hook(drain)
    stopped = not drain.record.failed("stop_container")
    drain.record.finish(
        "drained" if stopped else "incomplete", "drained" if stopped else "incomplete"
    )


def _pass_the_point_of_no_return(drain: Drain) -> None:
    """From here on nobody undoes the drain."""
    if drain.deadline.cancelled.is_set():
        drain.deadline.check("the end of the drain")
    with ExitStack() as phase:
        limit = Deadline.after(TICK_ENDS_S, drain.deadline.clock)
        await_lock(phase, drain.state.locked_for_drain_phase, "the undoing to end", limit)
        refuse_undone(drain)
        drain.record.enter("stopping")


def _await_tick(drain: Drain, held: ExitStack) -> None:
    """Let a health check that is under way end: it may be starting what is to be stopped."""
    limit = drain.deadline.capped(TICK_ENDS_S)
    try:
        await_lock(held, drain.state.locked_for_health, "the health check to end", limit)
    except AgentError as error:
        log.warning("health_check_not_awaited", code=error.code)
