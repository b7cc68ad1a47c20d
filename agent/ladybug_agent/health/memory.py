"""What is carried from one health check to the next, and what of it can be trusted."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ladybug_agent.clock import iso_utc
from ladybug_agent.health.run import Run
from ladybug_agent.health.state import CorruptStateError, HealthState, read_state, write_state
from ladybug_agent.journal import Journal
from ladybug_agent.served import Served
from ladybug_agent.state import StateDirectory

STEP_S = 30.0
"""Less than that is how clocks are kept; more is a step."""


def recall(path: Path, served: Served, journal: Journal, rise: int) -> HealthState:
    """Return what the check before left; the boot's own evidence if there was none.

    A corrupt file is set aside, and the worse state is taken: it is not healthy until it has been
    seen to be. A state of another registration or boot is none.
    """
    try:
        state = read_state(path)
    except CorruptStateError as error:
        journal.error("health_state_corrupt", path=str(path), error=str(error))
        with suppress(OSError):
            path.replace(path.with_suffix(".corrupt"))
        return _fresh(served, HealthState(reason_code="health_state_corrupt"))
    if state is None or not _is_ours(state, served):
        known = HealthState(status="healthy", reason_code="", ok_streak=rise)
        known.since = known.last_ok_at = str(served.row.get("last_health_check", ""))
        return _fresh(served, known)
    is_another = state.container_id != served.container_id
    if is_another and not state.repair_asked:  # no repair of ours: a boot or a refresh
        state.restarts_mono, state.restarts_spent = [], False
        state.starting_since_mono = 0.0
    state.container_id = served.container_id
    return state


def remember(run: Run) -> bool:
    """Write the state; return whether that was possible."""
    try:
        write_state(StateDirectory(run.state_dir).health, run.state)
    except OSError as error:
        run.journal.error("health_state_not_written", error=str(error))
        return False
    return True


def note_clock(run: Run) -> None:
    """Say that the wall clock was stepped. Nothing here goes by it but the lease and the texts."""
    state = run.state
    if not state.mono_s:
        return
    stepped_s = (run.now.timestamp() - state.wall_s) - (run.mono - state.mono_s)
    if abs(stepped_s) >= STEP_S:
        run.journal.warning("clock_stepped", by_s=round(stepped_s), now=iso_utc(run.now))


def _is_ours(state: HealthState, served: Served) -> bool:
    return (state.boot_id, state.registration_id) == (served.boot_id, served.registration_id)


def _fresh(served: Served, state: HealthState) -> HealthState:
    state.boot_id, state.registration_id = served.boot_id, served.registration_id
    state.container_id = served.container_id
    row = served.row
    state.write_id = str(row.get("write_id", ""))
    state.hb_seq, state.lease_expires_at = int(row.get("hb_seq", 0)), int(row["lease_expires_at"])
    return state
