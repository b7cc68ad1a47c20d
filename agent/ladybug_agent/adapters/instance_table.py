"""The instance registry in DynamoDB. Every write is conditional; who sends it is a transport."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Protocol

from ladybug_agent.adapters.registry_wire import (
    ConditionFailedError,
    Request,
    beat_request,
    from_item,
    key_of,
    leave_request,
    put_request,
    restore_request,
    undrain_request,
    withdraw_request,
)
from ladybug_agent.errors import Fenced
from ladybug_agent.ports.registry import LEAVING, Heartbeat, LeavingStatus, Row, WriteOutcome

PUT_TRIES = 3
"""An operator may change `desired` between our look and our write, but hardly three times."""


class Transport(Protocol):
    """One call to DynamoDB. Raises ConditionFailedError, or one of our own errors."""

    def call(self, operation: str, request: Request, *, hurried: bool = False) -> dict[str, Any]:
        """Send `PutItem` or the like; `hurried` gives up within 2 s."""


class InstanceTable:
    def __init__(self, transport: Transport, table: str) -> None:
        self._transport = transport
        self._table = table

    def row(self, instance_id: str) -> Row | None:
        request = {"TableName": self._table, "Key": key_of(instance_id), "ConsistentRead": True}
        answer = self._transport.call("GetItem", request)
        return from_item(answer["Item"]) if "Item" in answer else None

    def put(self, row: Row, *, now: int) -> None:
        wanted = dict(row)
        holder: Row = {}
        for _ in range(PUT_TRIES):
            try:
                self._transport.call("PutItem", put_request(self._table, wanted, now=now))
            except ConditionFailedError as failure:
                holder = self._holder(str(row["instance_id"]), failure)
            else:
                return
            if holder.get("write_id") == row["write_id"]:  # a retry met our own first attempt
                return
            if holder.get("desired") == wanted.get("desired"):
                break
            wanted = {name: value for name, value in wanted.items() if name != "desired"}
            if "desired" in holder:
                wanted["desired"] = holder["desired"]
        raise _fenced(row, holder)

    def withdraw(self, instance_id: str, registration_id: str, *, reason_code: str) -> bool:
        request = withdraw_request(
            self._table, instance_id, registration_id, reason_code, str(uuid.uuid4())
        )
        try:
            self._transport.call("UpdateItem", request, hurried=True)
        except ConditionFailedError:
            return False
        return True

    def beat(self, beat: Heartbeat) -> WriteOutcome:
        try:
            answer = self._transport.call("UpdateItem", beat_request(self._table, beat))
        except ConditionFailedError as failure:
            return _judge(
                self._holder(beat.instance_id, failure), beat.registration_id, beat.write_id
            )
        return WriteOutcome(verdict="written", row=from_item(answer["Attributes"]))

    def restore(self, row: Row) -> bool:
        try:
            self._transport.call("PutItem", restore_request(self._table, row))
        except ConditionFailedError as failure:
            holder = self._holder(str(row["instance_id"]), failure)
            return holder.get("write_id") == row["write_id"]
        return True

    def leave(
        self, instance_id: str, registration_id: str, status: LeavingStatus, values: Row
    ) -> WriteOutcome:
        new = {**values, "write_id": str(uuid.uuid4())}
        request = leave_request(self._table, instance_id, registration_id, status, new)
        try:
            answer = self._transport.call("UpdateItem", request)
        except ConditionFailedError as failure:
            holder = self._holder(instance_id, failure)
            return _judge(holder, registration_id, str(new["write_id"]))
        return WriteOutcome(verdict="written", row=from_item(answer["Attributes"]))

    def undrain(self, instance_id: str, registration_id: str, *, reason_code: str) -> WriteOutcome:
        new: Row = {"reason_code": reason_code, "write_id": str(uuid.uuid4())}
        request = undrain_request(self._table, instance_id, registration_id, new)
        try:
            answer = self._transport.call("UpdateItem", request)
        except ConditionFailedError as failure:
            holder = self._holder(instance_id, failure)
            return _judge(holder, registration_id, str(new["write_id"]))
        return WriteOutcome(verdict="written", row=from_item(answer["Attributes"]))

    def _holder(self, instance_id: str, failure: ConditionFailedError) -> Row:
        """Return what stands in the way. Not every implementation tells it with the refusal."""
        if failure.item:
            return from_item(failure.item)
        return self.row(instance_id) or {}


def _judge(holder: Row, registration_id: str, write_id: str) -> WriteOutcome:
    if not holder:
        return WriteOutcome(verdict="missing")
    if holder.get("write_id") == write_id:  # a retry met our own first attempt
        return WriteOutcome(verdict="written", row=holder)
    if holder.get("registration_id") != registration_id:
        return WriteOutcome(verdict="fenced", row=holder)
    verdict = "leaving" if holder.get("status") in LEAVING else "outpaced"
    return WriteOutcome(verdict=verdict, row=holder)  # type: ignore[arg-type]


def _fenced(row: Row, holder: Mapping[str, object]) -> Fenced:
    return Fenced(
        "registration_fenced",
        f"wanted to register {row['instance_id']}, found it held by registration"
        f" {holder.get('registration_id')} until {holder.get('lease_expires_at')}",
        hint="is a second agent running with another state directory? its lease must end first",
        held_by=holder.get("registration_id"),
        held_status=holder.get("status"),
    )
