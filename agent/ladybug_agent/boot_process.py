"""One run of the boot as a process: lock, state, record, and the ending for everyone to read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from ladybug_agent.boot import Boot
from ladybug_agent.boot_history import kept_boot
from ladybug_agent.bootstrap import bootstrap
from ladybug_agent.clock import Clock, Deadline
from ladybug_agent.config import Config
from ladybug_agent.drain.phase import forget_past_drain
from ladybug_agent.errors import AgentError, ConfigError
from ladybug_agent.logs import log_step
from ladybug_agent.ports import World
from ladybug_agent.record import BootRecord, Observer
from ladybug_agent.resources.registry_row import Fence
from ladybug_agent.state import StateDirectory

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the run ended: the record as written, the row if registered, the error if not."""

    record: dict[str, Any]
    error: AgentError | None


def run_boot(
    config: Config, world: World, clock: Clock, deadline: Deadline, *observers: Observer
) -> Ending:
    """Run the boot under its lock and write its record. Raises Busy if another run holds it."""
    if not world.machine.is_root():
        raise ConfigError(
            "not_root",
            "bootstrap mounts and seals devices, which needs root",
            hint="run it with sudo, or let systemd start it",
        )
    state = StateDirectory(Path(config.instance.state_dir))
    with state.locked():
        forget_past_drain(state, world.machine.boot().boot_id)
        fence = Fence(registration_id=state.registration_id(), boot=world.machine.boot())
        structlog.contextvars.bind_contextvars(boot_id=fence.boot.boot_id)
        with kept_boot(config.instance.boots_dir, fence.boot.boot_id) as history:
            record = BootRecord(
                state.record,
                clock,
                log_step,
                history.on_step,
                *observers,
                boot_id=fence.boot.boot_id,
                registration_id=fence.registration_id,
            )
            history.begin(record)
            boot = Boot(config=config, world=world, record=record, fence=fence, deadline=deadline)
            return _run(boot, record)


def _run(boot: Boot, record: BootRecord) -> Ending:
    try:
        registration = bootstrap(boot)
    except AgentError as error:
        ending = Ending(record=record.finish(error), error=error)
    except BaseException as error:  # noted, and raised again
        _log_ending(record.finish(error))
        raise
    else:
        record.note(row=dict(registration.row))
        ending = Ending(record=record.finish(None), error=None)
    _log_ending(ending.record)
    return ending


def _log_ending(record: dict[str, Any]) -> None:
    """Write the canonical line: one event that tells the whole boot."""
    told = {name: record[name] for name in ("outcome", "total_s", "instance_id") if name in record}
    why = {name: record[name] for name in ("code", "message", "hint", "error") if name in record}
    steps = {step["name"]: step["duration_s"] for step in record["steps"]}
    write = log.info if record["outcome"] == "registered" else log.error
    write("bootstrap_finished", **told, **why, steps=steps)
