"""The whole row again: where it was lost, or where who held it has let its lease run out."""

from __future__ import annotations

import uuid

from ladybug_agent.errors import Fenced
from ladybug_agent.health.leaving import is_leaving
from ladybug_agent.health.outage import end_outage
from ladybug_agent.health.run import RegistryWord, Run, Verdict
from ladybug_agent.ports.registry import Row, RowValue


def may_register(run: Run, verdict: Verdict) -> bool:
    """Return whether a whole row may be written: only healthy by state and by this very look."""
    return run.state.is_healthy and verdict.look.reason is None and not is_leaving(run)


def note_missing(run: Run) -> None:
    """Keep that there is no row: the next run writes it, if the replica is healthy then too.

    Never this one: a run that has hung since a newer registration must not bring its own back.
    """
    if run.state.row_status != "missing":
        run.journal.warning("row_lost", instance_id=run.instance_id)
        run.state.rows_lost += 1
    run.state.row_status = "missing"


def restore_row(run: Run, values: Row) -> RegistryWord:
    """Write a lost row again in full: only where there is still none."""
    row = _whole(run, values)
    if not run.world.registry.restore(row):
        run.state.row_status = ""  # somebody was faster: the next heartbeat sees who
        return "missing"
    run.journal.warning("row_restored", instance_id=run.instance_id, rows_lost=run.state.rows_lost)
    _settle(run, row)
    return "restored"


def may_take_over(run: Run, verdict: Verdict, held: Row) -> bool:
    """Return whether a row of another registration has been left by it."""
    is_over = number(held, "lease_expires_at") < int(run.now.timestamp())
    return is_over and may_register(run, verdict) and run.may_call_aws()


def take_over(run: Run, values: Row, held: Row) -> RegistryWord:
    """Register as a boot would, under the same condition: the table has the last word."""
    kept = {"desired": held["desired"]} if "desired" in held else {}
    row = _whole(run, values) | kept  # or the put would have to ask for it
    try:
        run.world.registry.put(row, now=int(run.now.timestamp()))
    except Fenced:
        run.state.is_fenced = True
        return "fenced"
    run.journal.warning("row_taken_over", instance_id=run.instance_id)
    _settle(run, row)
    return "restored"


def number(row: Row, name: str) -> int:
    value = row.get(name, 0)
    return int(value) if isinstance(value, int | float) else 0


def _whole(run: Run, values: Row) -> dict[str, RowValue]:
    row = {
        **run.served.row,
        **values,
        "hb_seq": 0,
        "write_id": str(uuid.uuid4()),
        "rows_lost": run.state.rows_lost,
    }
    row.pop("reason_code", None)
    return row


def _settle(run: Run, row: Row) -> None:
    state = run.state
    state.hb_seq, state.write_id, state.row_status = 0, str(row["write_id"]), "healthy"
    state.lease_expires_at = number(row, "lease_expires_at")
    state.is_fenced = False
    end_outage(run)
