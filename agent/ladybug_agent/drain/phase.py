"""How far a drain has come (`drain.json`): for the next drain, the boot and the health check.

Lost at reboot by design, and of no meaning after one: it says which boot of the machine it is of.
Loads no library, because each health check asks.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from ladybug_agent.errors import Refused
from ladybug_agent.state import StateDirectory

SCHEMA = "ladybug.drain/1"
UNDER_WAY = frozenset({"draining", "stopping"})
REVOCABLE = frozenset({"operator", "shutdown"})
"""After these the operator may boot the replica again; after the others the instance goes."""

Phase = Literal["draining", "stopping", "drained", "incomplete", "undone"]
"""`draining` can be undone; from `stopping` on there is no way back."""


def read_drain(path: Path, boot_id: str) -> dict[str, Any] | None:
    """Return the last drain of this boot of the machine; None without one that can be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        return None
    return document if document.get("boot_id") == boot_id else None


def drain_in_effect(state: StateDirectory, boot_id: str) -> str | None:
    """Return the phase of the drain that this boot of the machine is in, or None.

    While there is one, nobody starts a container but the operator, by a boot.
    """
    found = read_drain(state.drain, boot_id)
    if found is None or found["phase"] == "undone" or state.drain_undone.exists():
        return None
    return str(found["phase"])


def refuse_while_draining(state: StateDirectory, boot_id: str) -> None:
    """Raise Refused if nothing may be booted here: while a drain runs, or the instance goes."""
    phase = drain_in_effect(state, boot_id)
    if phase is None:
        return
    trigger = str((read_drain(state.drain, boot_id) or {}).get("trigger"))
    if phase not in UNDER_WAY and trigger in REVOCABLE:
        return
    raise leaving(phase, trigger)


def leaving(phase: str, trigger: str) -> Refused:
    return Refused(
        "instance_draining",
        f"this replica leaves: its drain ({trigger}) is in phase `{phase}`",
        hint="an operator's drain can be undone while it is `draining`: `ladybug-agent drain"
        " --undo`; otherwise nothing is to be done here",
    )


def forget_past_drain(state: StateDirectory, boot_id: str) -> None:
    """Let a boot begin anew after a drain that is over.

    Raises Busy while a drain runs, Refused if nothing may be booted here.
    """
    with state.locked_for_drain():
        refuse_while_draining(state, boot_id)
        state.drain.unlink(missing_ok=True)
        state.drain_undone.unlink(missing_ok=True)
