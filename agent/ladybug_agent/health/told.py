"""What the health checks have found so far, for `status`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ladybug_agent.health.state import CorruptStateError, HealthState, read_state
from ladybug_agent.survey import Finding

SHOWN_TRANSITIONS = 5


def health_so_far(path: Path) -> tuple[Finding | None, dict[str, Any]]:
    """Return a finding and what is public of the state; None before the first check."""
    try:
        state = read_state(path)
    except CorruptStateError as error:
        text = f"{path} cannot be read: {error}"
        return Finding(subject="health", verdict="unknown", text=text), {}
    if state is None or not state.checks:
        return None, {}
    return Finding(
        subject="health", verdict="good" if state.is_healthy else "bad", text=_text(state)
    ), _public(state)


def _text(state: HealthState) -> str:
    why = "" if state.is_healthy else f" ({state.reason_code})"
    parts = [f"{state.status}{why} since {state.since}, checked at {state.last_check_at}"]
    if state.is_healthy and state.failing:
        parts.append(f"{state.fail_streak} bad in a row: {', '.join(state.failing)}")
    if state.degraded_reasons:
        parts.append(f"degraded: {', '.join(state.degraded_reasons)}")
    if state.restarts_mono or state.restarts_spent:
        spent = ", which is all" if state.restarts_spent else ""
        parts.append(f"{len(state.restarts_mono)} restart(s) of late{spent}")
    if state.in_maintenance:
        parts.append("in maintenance by the operator's word")
    if state.is_fenced:
        parts.append("another registration holds the row")
    if state.outage_since:
        parts.append(f"the registry is lost since {state.outage_since} ({state.outage_code})")
    if state.transitions:
        parts.append(f"before: {'; '.join(state.transitions[-SHOWN_TRANSITIONS:])}")
    return "; ".join(parts)


def _public(state: HealthState) -> dict[str, Any]:
    return {
        "status": state.status,
        "reason_code": state.reason_code,
        "since": state.since,
        "failing": state.failing,
        "degraded_reasons": state.degraded_reasons,
        "last_check_at": state.last_check_at,
        "last_ok_at": state.last_ok_at,
        "ok_streak": state.ok_streak,
        "fail_streak": state.fail_streak,
        "flapping": state.is_flapping,
        "restarts_in_window": len(state.restarts_mono),
        "restarts_spent": state.restarts_spent,
        "desired": state.desired,
        "fenced": state.is_fenced,
        "registry_lost_since": state.outage_since,
        "transitions": state.transitions,
    }
