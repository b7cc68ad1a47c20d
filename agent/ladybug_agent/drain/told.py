"""What a drain and the last refresh have left to tell: for `status`."""

from __future__ import annotations

import json
from pathlib import Path

from ladybug_agent.announced import announced_reasons
from ladybug_agent.drain.phase import read_drain
from ladybug_agent.state import StateDirectory
from ladybug_agent.survey import Finding

BAD = frozenset({"rolled-back", "failed"})


def departures_so_far(state: StateDirectory, boot_id: str) -> tuple[Finding, ...]:
    """Return the findings: of a drain of this boot, of a refresh, of what is announced."""
    found = (_drain(state, boot_id), _refresh(state.refresh, boot_id), _announced(state))
    return tuple(finding for finding in found if finding is not None)


def _drain(state: StateDirectory, boot_id: str) -> Finding | None:
    record = read_drain(state.drain, boot_id)
    if record is None:
        return None
    trigger, phase = record.get("trigger"), record.get("phase")
    if phase == "undone" or state.drain_undone.exists():
        return Finding(subject="drain", verdict="good", text=f"undone ({trigger})")
    return Finding(subject="drain", verdict="bad", text=f"{phase} ({trigger}): this replica leaves")


def _refresh(path: Path, boot_id: str) -> Finding | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        result, is_ours = str(record["result"]), record["boot_id"] == boot_id
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    if not is_ours:
        return None
    verdict = "unknown" if result in BAD else "good"
    return Finding(subject="refresh", verdict=verdict, text=f"the last one: {result}")  # type: ignore[arg-type]


def _announced(state: StateDirectory) -> Finding | None:
    reasons = ", ".join(announced_reasons(state.announced))
    return Finding(subject="announced", verdict="unknown", text=reasons) if reasons else None
