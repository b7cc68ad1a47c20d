"""From one look to the state: rise and fall, and a limit on flapping. Asks nobody anything."""

from __future__ import annotations

from datetime import datetime

from ladybug_agent.clock import iso_utc
from ladybug_agent.config.health import HealthConfig
from ladybug_agent.health.findings import Look
from ladybug_agent.health.state import KEPT_TRANSITIONS, HealthState, Status

FLAPPING = "flapping"


def judge(
    state: HealthState, look: Look, rules: HealthConfig, now: datetime, mono: float, *, fall: int
) -> str:  # fmt: skip
    """Take the look into account; return the transition that it made, or nothing.

    `fall` bad checks in a row make it unhealthy, `rules.rise` good ones healthy. Each change
    between a good and a bad check takes a token; when there is none left, the worse state holds
    until the bucket is half full again.
    """
    _refill(state, rules, mono)
    is_good = look.reason is None
    _count(state, is_good=is_good)
    if is_good:
        state.last_ok_at = iso_utc(now)
    state.failing = list(look.codes)
    if state.flap_tokens < 1:
        state.is_flapping = True
    elif state.flap_tokens >= rules.flap_transitions / 2:
        state.is_flapping = False
    code = look.reason.code if look.reason else FLAPPING
    if state.is_healthy and state.fail_streak >= fall:
        return _become(state, "unhealthy", code, now, mono)
    if state.is_healthy and state.is_flapping:
        return _become(state, "unhealthy", FLAPPING, now, mono)
    if not state.is_healthy and state.ok_streak >= rules.rise and not state.is_flapping:
        return _become(state, "healthy", "", now, mono)
    if not state.is_healthy and (look.reason or state.is_flapping):
        state.reason_code = code  # what is wrong now, which may be something else than at first
    return ""


def _refill(state: HealthState, rules: HealthConfig, mono: float) -> None:
    full = float(rules.flap_transitions)
    if state.flap_tokens < 0:
        state.flap_tokens = full
    passed_s = max(0.0, mono - state.mono_s)
    state.flap_tokens = min(full, state.flap_tokens + passed_s * full / rules.flap_window_s)


def _count(state: HealthState, *, is_good: bool) -> None:
    changes = state.fail_streak > 0 if is_good else state.ok_streak > 0
    if changes:
        state.flap_tokens = max(0.0, state.flap_tokens - 1)
    state.ok_streak = state.ok_streak + 1 if is_good else 0
    state.fail_streak = 0 if is_good else state.fail_streak + 1


def _become(state: HealthState, status: Status, code: str, now: datetime, mono: float) -> str:
    told = f"{iso_utc(now)} {state.status}>{status} {code}".rstrip()
    state.status, state.reason_code = status, code
    state.since, state.since_mono = iso_utc(now), mono
    state.transitions = [*state.transitions, told][-KEPT_TRANSITIONS:]
    return told
