"""Whether a drain forbids to start anything: what the boot, a repair and a refresh ask first."""

from __future__ import annotations

from ladybug_agent.drain.record import read_drain
from ladybug_agent.errors import Refused
from ladybug_agent.state import StateDirectory

UNDER_WAY = frozenset({"draining", "stopping"})
REVOCABLE = frozenset({"operator", "shutdown"})
"""After these the operator may boot the replica again; after the others the instance goes."""


def drain_in_effect(state: StateDirectory, boot_id: str) -> str | None:
    """Return the phase of the drain that this boot of the machine is in, or None."""
    found = read_drain(state.drain, boot_id)
    if found is None or found["phase"] == "undone" or state.drain_undone.exists():
        return None
    return str(found["phase"])


def refuse_while_draining(state: StateDirectory, boot_id: str) -> None:
    """Raise Refused if nothing may be started here: while a drain runs, or the instance goes."""
    phase = drain_in_effect(state, boot_id)
    if phase is None:
        return
    trigger = str((read_drain(state.drain, boot_id) or {}).get("trigger"))
    if phase not in UNDER_WAY and trigger in REVOCABLE:
        return
    raise Refused(
        "instance_draining",
        f"this replica leaves: its drain ({trigger}) is in phase `{phase}`",
        hint="an operator's drain can be undone while it is `draining`: `ladybug-agent drain"
        " --undo`; otherwise nothing is to be done here",
    )
