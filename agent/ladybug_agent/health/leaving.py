"""Whether the instance is on its way out: then nothing is repaired, and no lost row comes back."""

from __future__ import annotations

from ladybug_agent.drain.phase import drain_in_effect
from ladybug_agent.health.run import Run
from ladybug_agent.state import StateDirectory


def is_leaving(run: Run) -> bool:
    """Return whether the row was seen leaving, or a drain has begun that nobody has undone."""
    phase = drain_in_effect(StateDirectory(run.state_dir), run.served.boot_id)
    return run.state.has_left or phase is not None
