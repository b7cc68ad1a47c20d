"""Tell the registry how we are: a heartbeat to our own row, and the row again if it was lost."""

from __future__ import annotations

import uuid

from ladybug_agent import __version__
from ladybug_agent.clock import iso_utc
from ladybug_agent.errors import AgentError
from ladybug_agent.health.outage import end_outage, note_outage
from ladybug_agent.health.registering import (
    may_register,
    may_take_over,
    note_missing,
    number,
    restore_row,
    take_over,
)
from ladybug_agent.health.run import RegistryWord, Run, Verdict
from ladybug_agent.ports.registry import Heartbeat, Row, RowValue, WriteOutcome

TTL_S = 7 * 24 * 3600
SHOWN_CODES = 5
SHOWN_TRANSITIONS = 5


def tell_registry(run: Run, verdict: Verdict) -> RegistryWord:
    """Renew the lease and say how we are. A registry that cannot be told changes nothing else."""
    try:
        if run.state.row_status == "missing" and may_register(run, verdict):
            return restore_row(run, values_of(run, verdict))
        outcome = _beat(run, verdict)
        if outcome.verdict == "outpaced":
            outcome = _beat_again(run, verdict, outcome.row)
        if outcome.verdict == "missing":
            note_missing(run)
            return "missing"
        if outcome.verdict == "fenced" and may_take_over(run, verdict, outcome.row):
            return take_over(run, values_of(run, verdict), outcome.row)
    except AgentError as error:
        note_outage(run, verdict, error)
        return "failed"
    return _judge(run, outcome)


def values_of(run: Run, verdict: Verdict) -> dict[str, RowValue]:
    """Return the attributes that move on with each check; see `docs/registry.md`."""
    state, rules = run.state, run.config.registry
    now = int(run.now.timestamp())
    reasons = verdict.freshness.reasons
    values: dict[str, RowValue] = {
        "status": state.status,
        "status_since": state.since,
        "degraded": bool(reasons),
        "degraded_reasons": ",".join(reasons),
        "last_health_check": iso_utc(run.now),
        "last_ok_at": state.last_ok_at,
        "ok_streak": state.ok_streak,
        "fail_streak": state.fail_streak,
        "failing_checks": ",".join(state.failing[:SHOWN_CODES]),
        "latency_ms": verdict.look.latency_ms,
        "restarts_in_window": len(state.restarts_mono),
        "transitions": "; ".join(state.transitions[-SHOWN_TRANSITIONS:]),
        "container_id": run.served.container_id,
        "agent_version": __version__,
        "lease_seconds": rules.lease_s,
        "lease_expires_at": now + rules.lease_s,
        "ttl": now + TTL_S,
    }
    if not state.is_healthy:
        values["reason_code"] = state.reason_code
    if verdict.freshness.hydration_state:
        values["hydration_state"] = verdict.freshness.hydration_state
    if verdict.freshness.hydration_pct is not None:
        values["hydration_pct"] = verdict.freshness.hydration_pct
    return values | (verdict.capacity.attributes() if verdict.capacity else {})


def _beat(run: Run, verdict: Verdict) -> WriteOutcome:
    state = run.state
    values = values_of(run, verdict)
    if state.outage_since:
        values["last_outage"] = _outage(run)
    write_id = str(uuid.uuid4())
    beat = Heartbeat(
        instance_id=run.instance_id,
        registration_id=run.served.registration_id,
        previous_seq=state.hb_seq,
        write_id=write_id,
        values=values,
        removed=() if "reason_code" in values else ("reason_code",),
    )
    state.write_id = write_id  # kept also if the answer is lost: it may be in the row
    return run.world.registry.beat(beat)


def _beat_again(run: Run, verdict: Verdict, row: Row) -> WriteOutcome:
    """Go on from the row's own sequence: a boot wrote it anew, or an answer of ours was lost."""
    run.journal.info(
        "heartbeat_resynced", hb_seq=row.get("hb_seq"), expected=run.state.hb_seq,
        last_write_id=row.get("write_id"),
    )  # fmt: skip
    run.state.hb_seq = number(row, "hb_seq")
    return _beat(run, verdict)


def _judge(run: Run, outcome: WriteOutcome) -> RegistryWord:
    state, row = run.state, outcome.row
    state.desired = str(row.get("desired", ""))
    was, state.row_status = state.row_status, str(row.get("status", ""))
    match outcome.verdict:
        case "written":
            state.hb_seq = number(row, "hb_seq")
            state.lease_expires_at = number(row, "lease_expires_at")
            state.is_fenced, state.has_left = False, False  # a drain can be undone
            end_outage(run)
            return "written"
        case "leaving":
            state.has_left = True
            if was != state.row_status:
                run.journal.info("row_is_leaving", status=state.row_status)
            return "leaving"
        case _:
            if not state.is_fenced:
                run.journal.error(
                    "registration_fenced",
                    held_by=row.get("registration_id"),
                    registration_id=run.served.registration_id,
                )
            state.is_fenced = True
            return "fenced"


def _outage(run: Run) -> str:
    state = run.state
    lasted = round(run.mono - state.outage_since_mono)
    return f"{state.outage_since} {lasted} s, {state.outage_misses} missed, {state.outage_code}"
