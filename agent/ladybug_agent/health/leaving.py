"""Whether the instance is on its way out: then nothing is repaired, and no lost row comes back."""

from __future__ import annotations

from ladybug_agent.health.run import Run
from ladybug_agent.state import StateDirectory


def is_leaving(run: Run) -> bool:
    """Return whether the row was seen leaving, or a drain has begun (it leaves its record)."""
    return run.state.has_left or StateDirectory(run.state_dir).drain.exists()
