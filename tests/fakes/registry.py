"""The table of instances, with the conditions of the real one."""

from __future__ import annotations

from ladybug_agent.errors import AgentError, Fenced
from ladybug_agent.ports import Row


class FakeRegistry:
    """Rows by instance id. `writes` counts what was written, as a table's stream would."""

    def __init__(self, *rows: Row, raises: AgentError | None = None) -> None:
        self.raises = raises
        self.rows: dict[str, Row] = {str(row["instance_id"]): dict(row) for row in rows}
        self.writes = 0

    def row(self, instance_id: str) -> Row | None:
        if self.raises:
            raise self.raises
        return self.rows.get(instance_id)

    def put(self, row: Row, *, now: int) -> None:
        if self.raises:
            raise self.raises
        key = str(row["instance_id"])
        held = self.rows.get(key)
        if held is None or may_register(held, row, now):
            self.rows[key] = dict(row)
            self.writes += 1
        elif held.get("write_id") != row["write_id"]:  # else: our own write, sent a second time
            raise Fenced(
                "registration_fenced",
                f"wanted to register {key}, found it held by {held.get('registration_id')}",
                held_by=held.get("registration_id"),
            )

    def withdraw(self, instance_id: str, registration_id: str, *, reason_code: str) -> bool:
        if self.raises:
            raise self.raises
        held = self.rows.get(instance_id, {})
        if (held.get("registration_id"), held.get("status")) != (registration_id, "healthy"):
            return False
        self.rows[instance_id] = {**held, "status": "unhealthy", "reason_code": reason_code}
        self.writes += 1
        return True


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
