"""Rows and conditional requests of the instance registry as DynamoDB reads them.

Knows no library: the boot sends them by botocore, the health check by its own small client. Kept
to the expressions that every implementation of DynamoDB's API has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ladybug_agent.ports.registry import LEAVING, Heartbeat, LeavingStatus, Row, RowValue

Request = dict[str, Any]

# Who may write the whole row. `booted_at` orders the boots of one machine, so that a process of an
# older boot can never take the row back. A row without a registration is no agent's: it has no
# lease that could protect it.
MAY_REGISTER = (
    "(attribute_not_exists(instance_id)"
    " OR attribute_not_exists(registration_id)"
    " OR registration_id = :registration_id"
    " OR (boot_id <> :boot_id AND booted_at < :booted_at)"
    " OR #status = :terminated"
    " OR lease_expires_at < :now)"
)
# A put replaces the whole row: what the operator wants must be what we carry over.
KEEPS_DESIRED = " AND desired = :desired"
KEEPS_NO_DESIRED = " AND attribute_not_exists(desired)"

# An update without a condition would make a row of these few attributes.
IS_OURS_AND_HEALTHY = "registration_id = :registration_id AND #status = :healthy"
WITHDRAW = "SET #status = :unhealthy, reason_code = :reason_code, write_id = :write_id"

MAY_BEAT = (
    "registration_id = :registration_id AND hb_seq = :previous_seq"
    " AND NOT (#status IN (:draining, :terminating, :terminated))"
)


class ConditionFailedError(Exception):
    """The condition of a write did not hold; `item` is what stands in its way, if it is told."""

    def __init__(self, item: Mapping[str, Any]) -> None:
        super().__init__("the condition did not hold")
        self.item = dict(item)


def key_of(instance_id: str) -> Request:
    return {"instance_id": {"S": instance_id}}


def put_request(table: str, row: Row, *, now: int) -> Request:
    values = {name: row[name] for name in ("registration_id", "boot_id", "booted_at")}
    values |= {"terminated": "terminated", "now": now}
    if "desired" in row:
        values["desired"] = row["desired"]
    return {
        "TableName": table,
        "Item": to_item(row),
        "ConditionExpression": MAY_REGISTER
        + (KEEPS_DESIRED if "desired" in row else KEEPS_NO_DESIRED),
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": _bound(values),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def restore_request(table: str, row: Row) -> Request:
    return {
        "TableName": table,
        "Item": to_item(row),
        "ConditionExpression": "attribute_not_exists(instance_id)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def withdraw_request(
    table: str, instance_id: str, registration_id: str, reason_code: str, write_id: str
) -> Request:
    values: Row = {
        "registration_id": registration_id,
        "healthy": "healthy",
        "unhealthy": "unhealthy",
        "reason_code": reason_code,
        "write_id": write_id,
    }
    return {
        "TableName": table,
        "Key": key_of(instance_id),
        "UpdateExpression": WITHDRAW,
        "ConditionExpression": IS_OURS_AND_HEALTHY,
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": _bound(values),
    }


def beat_request(table: str, beat: Heartbeat) -> Request:
    new = {**beat.values, "hb_seq": beat.previous_seq + 1, "write_id": beat.write_id}
    guard: Row = {
        "registration_id": beat.registration_id,
        "previous_seq": beat.previous_seq,
        **{status: status for status in LEAVING},
    }
    return _update(table, beat.instance_id, new, beat.removed, (MAY_BEAT, guard))


def leave_request(
    table: str, instance_id: str, registration_id: str, status: LeavingStatus, values: Row
) -> Request:
    """Forward only: a status may follow itself and whatever comes before it."""
    further = LEAVING[LEAVING.index(status) + 1 :]
    names = ", ".join(f":{word}" for word in further)
    condition = "registration_id = :registration_id"
    condition += f" AND NOT (#status IN ({names}))" if further else ""
    guard: Row = {"registration_id": registration_id, **{word: word for word in further}}
    return _update(table, instance_id, {**values, "status": status}, (), (condition, guard))


def undrain_request(table: str, instance_id: str, registration_id: str, values: Row) -> Request:
    """Back from `draining`, and from nowhere else."""
    condition = "registration_id = :registration_id AND #status = :draining"
    guard: Row = {"registration_id": registration_id, "draining": "draining"}
    return _update(table, instance_id, {**values, "status": "unhealthy"}, (), (condition, guard))


def _update(
    table: str, instance_id: str, new: Row, removed: tuple[str, ...], guard: tuple[str, Row]
) -> Request:
    # Every name has a placeholder, because any of them may be a reserved word one day.
    names = {f"#n{index}": name for index, name in enumerate([*new, *removed])}
    of = {name: placeholder for placeholder, name in names.items()}
    sets = ", ".join(f"{of[name]} = :v{index}" for index, name in enumerate(new))
    drops = f" REMOVE {', '.join(of[name] for name in removed)}" if removed else ""
    condition, bound = guard
    if "#status" in condition:
        names["#status"] = "status"
    return {
        "TableName": table,
        "Key": key_of(instance_id),
        "UpdateExpression": f"SET {sets}{drops}",
        "ConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": _bound(bound)
        | {f":v{index}": _typed(value) for index, value in enumerate(new.values())},
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def _bound(values: Row) -> Request:
    return {f":{name}": _typed(value) for name, value in values.items()}


def to_item(row: Row) -> Request:
    return {name: _typed(value) for name, value in row.items()}


def from_item(item: Mapping[str, Any]) -> dict[str, RowValue]:
    return {name: _plain(value) for name, value in item.items()}


def _typed(value: RowValue) -> dict[str, Any]:
    if isinstance(value, bool):  # which is an int, too
        return {"BOOL": value}
    return {"N": str(value)} if isinstance(value, int | float) else {"S": value}


def _plain(typed: Mapping[str, Any]) -> RowValue:
    """Return the value; what other software keeps in a type of its own comes as text."""
    ((kind, value),) = typed.items()
    match kind:
        case "S":
            return str(value)
        case "BOOL":
            return bool(value)
        case "N":
            number = float(value)
            return int(value) if value.lstrip("-").isdigit() else _whole(number)
        case _:
            return str(value)


def _whole(number: float) -> int | float:
    return int(number) if number.is_integer() else number
