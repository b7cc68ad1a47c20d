"""Whether the container is to be restarted now. Asks nobody anything."""

from __future__ import annotations

from typing import Literal

from ladybug_agent.config.health import HealthConfig
from ladybug_agent.health.findings import Look
from ladybug_agent.health.state import HealthState

Decision = Literal["nothing", "wait", "restart", "spent"]
AT_ONCE = frozenset({"container_exited", "container_missing", "container_out_of_memory"})
"""There is no doubt about a container that is not there: nothing is gained by looking again."""
BEYOND_REPAIR = frozenset(
    {"container_name_taken", "device_gone", "device_io_errors", "device_replaced", "mount_writable"}
)
"""A new container over the same disk, or beside a foreign one, would change nothing."""
OF_A_START = frozenset({"health_unreachable", "health_timeout", "health_not_ok"})
"""What a container answers while it opens its databases."""


def decide(
    state: HealthState, look: Look, rules: HealthConfig, mono: float, *, fall: int
) -> Decision:
    """Return what is to be done about what the look found."""
    if not rules.restart_budget or look.reason is None or BEYOND_REPAIR & {*look.codes}:
        return "nothing"
    if look.reason.code not in AT_ONCE and state.fail_streak < fall:
        return "nothing"
    if state.repair_asked or _engine_is_silent(look) or _is_starting(state, look, rules, mono):
        return "wait"
    recent = recent_restarts(state, rules, mono)
    if state.restarts_spent or len(recent) >= rules.restart_budget:
        return "spent"
    pause_s = rules.restart_pause_s * 2 ** (len(recent) - 1) if recent else 0.0
    return "wait" if recent and mono - recent[-1] < pause_s else "restart"


def _engine_is_silent(look: Look) -> bool:
    """Return whether the engine does not answer: it would not start anything either."""
    return any(check.name == "container" and check.verdict == "unknown" for check in look.checks)


def recent_restarts(state: HealthState, rules: HealthConfig, mono: float) -> list[float]:
    return [at for at in state.restarts_mono if mono - at < rules.restart_window_s]


def _is_starting(state: HealthState, look: Look, rules: HealthConfig, mono: float) -> bool:
    began = state.starting_since_mono
    is_in_time = began > 0 and mono - began < rules.restart_patience_s
    return is_in_time and {*look.codes} <= OF_A_START
