"""`drain --undo`: the operator's way back, while nothing has been stopped yet."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import structlog

from ladybug_agent.clock import Deadline
from ladybug_agent.config import Config
from ladybug_agent.drain.phase import read_drain
from ladybug_agent.drain.run import DrainWorld
from ladybug_agent.errors import AgentError, ConfigError, ExternalFailure, Refused
from ladybug_agent.files import write_atomically
from ladybug_agent.lock_waits import await_lock
from ladybug_agent.ports.lifecycle import Announcements
from ladybug_agent.ports.registry import WriteOutcome
from ladybug_agent.state import StateDirectory

log = structlog.get_logger(__name__)

SPOT_AND_GROUP = "its replacement boots on its own"
REASON = "drain_undone"
UNDOABLE = frozenset({"draining", "undone"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What came of it; public API as JSON (`ladybug.drain/1`)."""

    row: str
    target: str

    def document(self) -> dict[str, object]:
        return {
            "schema": "ladybug.drain/1",
            "result": "undone",
            "row": self.row,
            "target": self.target,
        }


def undo_drain(
    config: Config, world: DrainWorld, announcements: Announcements, deadline: Deadline
) -> Undone:
    """Take the drain back and return what was done for that. Raises Refused if it is too late.

    The row turns to `unhealthy`, and to `healthy` by the next health check that finds it so.
    """
    if not world.machine.is_root():
        raise ConfigError("not_root", "undoing a drain needs root", hint="run it with sudo")
    state = StateDirectory(Path(config.instance.state_dir))
    _refuse_if_leaving(announcements)
    with ExitStack() as held:
        await_lock(held, state.locked_for_drain_phase, "the drain's next step", deadline)
        found = read_drain(state.drain, world.machine.boot().boot_id)
        if found is None or found["phase"] not in UNDOABLE:
            raise Refused(
                "drain_not_undoable",
                "wanted a drain that is `draining`, found "
                + (f"one that is `{found['phase']}`" if found else "none"),
                hint="once the container is being stopped there is no way back but a new boot:"
                " `ladybug-agent bootstrap`",
            )
        write_atomically(state.drain_undone, f"{found['started_at']}\n")
    log.info("drain_undone", trigger=found["trigger"])
    row = _put_back(world, state)
    return Undone(row=row, target=_register(config, world))


def _refuse_if_leaving(announcements: Announcements) -> None:
    """Refuse for an instance that goes whatever the operator says."""
    notices = announcements.notices()
    if notices.target_lifecycle_state == "Terminated" or notices.spot is not None:
        raise Refused(
            "instance_terminating",
            "this instance is being taken away: its drain cannot be undone",
            hint=f"nothing to do here: {SPOT_AND_GROUP}",
        )


def _put_back(world: DrainWorld, state: StateDirectory) -> str:
    registration_id = state.known_registration_id()
    if registration_id is None:
        return "there is none"
    outcome = world.registry.undrain(world.instance_id(), registration_id, reason_code=REASON)
    return _told(outcome)


def _told(outcome: WriteOutcome) -> str:
    match outcome.verdict:
        case "written":
            return "unhealthy until the next good health check"
        case "missing":
            return "there is none"
        case "outpaced":
            return f"{outcome.row.get('status')} already"
        case _:
            raise Refused(
                "drain_not_undoable",
                f"the drain is undone here, but the row says {outcome.row.get('status')} by"
                f" registration {outcome.row.get('registration_id')}",
                hint="boot the replica again: `ladybug-agent bootstrap`",
            )


def _register(config: Config, world: DrainWorld) -> str:
    """Register the target again if the drain may have deregistered it."""
    if world.balancer is None or not config.drain.deregister:
        return "not asked"
    try:
        if world.balancer.target_state() in {"draining", "unused"}:
            world.balancer.register()
            return "registered again"
    except AgentError as error:
        raise ExternalFailure(
            "target_not_registered",
            "the drain is undone, but the load balancer did not take the instance back",
            hint="register it by hand: `aws elbv2 register-targets`",
        ) from error
    return "registered still"
