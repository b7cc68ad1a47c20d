"""The table of instances, with the conditions of the real one."""

from __future__ import annotations

from ladybug_agent.errors import AgentError, Fenced
from ladybug_agent.ports.registry import (
    LEAVING,
    Heartbeat,
    LeavingStatus,
    Row,
    WriteOutcome,
)


class FakeRegistry:
    """Rows by instance id. `writes` counts what was written, as a table's stream would.

    With `loses_answers` each write succeeds and its answer is lost, as in a time-out.
    """

    def __init__(self, *rows: Row, raises: AgentError | None = None) -> None:
        self.raises = raises
        self.loses_answers: AgentError | None = None
        self.rows: dict[str, Row] = {str(row["instance_id"]): dict(row) for row in rows}
        self.writes = 0
        self.calls = 0

    def row(self, instance_id: str) -> Row | None:
        self._called()
        return self.rows.get(instance_id)

    def put(self, row: Row, *, now: int) -> None:
        self._called()
        key = str(row["instance_id"])
        held = self.rows.get(key)
        if held is None or may_register(held, row, now):
            new = {name: value for name, value in row.items() if name != "desired"}
            if held is not None and "desired" in held:
                new["desired"] = held["desired"]
            self._write(key, new)
        elif held.get("write_id") != row["write_id"]:  # else: our own write, sent a second time
            raise Fenced(
                "registration_fenced",
                f"wanted to register {key}, found it held by {held.get('registration_id')}",
                held_by=held.get("registration_id"),
            )

    def withdraw(self, instance_id: str, registration_id: str, *, reason_code: str) -> bool:
        self._called()
        held = self.rows.get(instance_id, {})
        if (held.get("registration_id"), held.get("status")) != (registration_id, "healthy"):
            return False
        self._write(instance_id, {**held, "status": "unhealthy", "reason_code": reason_code})
        return True

    def beat(self, beat: Heartbeat) -> WriteOutcome:
        self._called()
        held = self.rows.get(beat.instance_id)
        if held is None:
            self._called()  # a refusal that names no row is looked into
        outcome = _judge(held, beat.registration_id, beat.write_id)
        if held is None or outcome.verdict != "outpaced":
            return outcome
        if held.get("hb_seq") != beat.previous_seq:
            return outcome
        new = {**held, **beat.values, "hb_seq": beat.previous_seq + 1, "write_id": beat.write_id}
        for name in beat.removed:
            new.pop(name, None)
        self._write(beat.instance_id, new)
        return WriteOutcome(verdict="written", row=new)

    def restore(self, row: Row) -> bool:
        self._called()
        key = str(row["instance_id"])
        if key in self.rows:
            return self.rows[key].get("write_id") == row["write_id"]
        self._write(key, dict(row))
        return True

    def leave(
        self, instance_id: str, registration_id: str, status: LeavingStatus, values: Row
    ) -> WriteOutcome:
        self._called()
        held = self.rows.get(instance_id)
        if held is None:
            return WriteOutcome(verdict="missing")
        if held.get("registration_id") != registration_id:
            return WriteOutcome(verdict="fenced", row=held)
        now = held.get("status")
        if now in LEAVING and LEAVING.index(now) > LEAVING.index(status):
            return WriteOutcome(verdict="leaving", row=held)
        new = {**held, **values, "status": status, "write_id": f"leaving-{self.writes}"}
        self._write(instance_id, new)
        return WriteOutcome(verdict="written", row=new)

    def undrain(self, instance_id: str, registration_id: str, *, reason_code: str) -> WriteOutcome:
        self._called()
        held = self.rows.get(instance_id)
        outcome = _judge(held, registration_id, "undrain")
        if held is None or outcome.verdict == "fenced" or held.get("status") != "draining":
            return outcome
        changed = {"status": "unhealthy", "reason_code": reason_code, "write_id": "undrained"}
        self._write(instance_id, {**held, **changed})
        return WriteOutcome(verdict="written", row=self.rows[instance_id])

    def _called(self) -> None:
        self.calls += 1
        if self.raises:
            raise self.raises

    def _write(self, key: str, row: Row) -> None:
        self.rows[key] = row
        self.writes += 1
        if self.loses_answers:
            raise self.loses_answers


def _judge(held: Row | None, registration_id: str, write_id: str) -> WriteOutcome:
    """Return what is in the way; `outpaced` is for the sequence to say."""
    if held is None:
        return WriteOutcome(verdict="missing")
    if held.get("write_id") == write_id:
        return WriteOutcome(verdict="written", row=held)
    if held.get("registration_id") != registration_id:
        return WriteOutcome(verdict="fenced", row=held)
    return WriteOutcome(
        verdict="leaving" if held.get("status") in LEAVING else "outpaced", row=held
    )


def may_register(held: Row, row: Row, now: int) -> bool:
    """Return whether a row gives way to another, as the table's condition does.

    As in DynamoDB, an attribute that is not there is unequal to any value, and never less.
    """
    is_older_boot = held.get("boot_id") != row["boot_id"] and _is_less(held, "booted_at", row)
    lease_expires_at = held.get("lease_expires_at")
    return (
        "registration_id" not in held
        or held["registration_id"] == row["registration_id"]
        or is_older_boot
        or held.get("status") == "terminated"
        or (isinstance(lease_expires_at, int) and lease_expires_at < now)
    )


def _is_less(held: Row, name: str, row: Row) -> bool:
    ours, theirs = row[name], held.get(name)
    return isinstance(theirs, int) and isinstance(ours, int) and theirs < ours
