"""A registry that cannot be told: remembered here, and told once it can be."""

from __future__ import annotations

from ladybug_agent.clock import iso_utc
from ladybug_agent.errors import AgentError
from ladybug_agent.health.run import Run, Verdict

KEPT_TRANSITIONS = 20


def note_outage(run: Run, verdict: Verdict, error: AgentError) -> None:
    """Keep that this run could not be told, and why; say so when it begins."""
    state = run.state
    if not state.outage_since:
        state.outage_since, state.outage_since_mono = iso_utc(run.now), run.mono
        run.journal.warning("registry_lost", code=error.code, message=str(error), hint=error.hint)
    else:
        run.journal.debug("registry_still_lost", code=error.code)
    state.outage_misses += 1
    state.outage_code = error.code
    if verdict.transition:
        told = [*state.outage_transitions, verdict.transition]
        state.outage_transitions = told[-KEPT_TRANSITIONS:]


def end_outage(run: Run) -> None:
    """Tell the outage, if there was one, with what happened in it."""
    state = run.state
    if not state.outage_since:
        return
    run.journal.info(
        "registry_recovered",
        since=state.outage_since,
        outage_s=round(run.mono - state.outage_since_mono),
        missed=state.outage_misses,
        code=state.outage_code,
        transitions=state.outage_transitions,
    )
    state.outage_since, state.outage_code = "", ""
    state.outage_since_mono, state.outage_misses = 0.0, 0
    state.outage_transitions = []
