"""The graph registry in DynamoDB. The one write there is, is conditional."""

from __future__ import annotations

from ladybug_agent.adapters.instance_table import Transport
from ladybug_agent.adapters.registry_wire import (
    ConditionFailedError,
    Request,
    from_item,
    to_item,
)
from ladybug_agent.errors import ConfigError
from ladybug_agent.ports.registry import Row

OURS_ALREADY = "#write_id = :write_id"
"""A retry that meets its own first attempt."""


class GraphTable:
    def __init__(self, transport: Transport, table: str) -> None:
        self._transport = transport
        self._table = table

    def graph(self, graph_id: str) -> Row | None:
        answer = self._call("GetItem", {"Key": _key(graph_id), "ConsistentRead": True})
        return from_item(answer["Item"]) if "Item" in answer else None

    def claim(self, graph_id: str, values: Row, *, seen: Row | None) -> bool:
        try:
            self._call("UpdateItem", _claim(graph_id, values, seen))
        except ConditionFailedError:
            return False
        return True

    def _call(self, operation: str, request: Request) -> Request:
        try:
            return self._transport.call(operation, {"TableName": self._table, **request})
        except ConfigError as error:
            raise ConfigError(
                "graph_table_missing",
                f"wanted the graph registry `{self._table}`, found no such table",
                hint="check `registry.graph_table`, and `aws.region` against the table's region",
            ) from error


def _claim(graph_id: str, values: Row, seen: Row | None) -> Request:
    names = {f"#{name}": name for name in values}
    sets = [f"#{name} = :{name}" for name in values if name != "created_at"]
    sets.append("#created_at = if_not_exists(#created_at, :created_at)")
    bound = {f":{name}": value for name, value in to_item(values).items()}
    if seen is None:
        unchanged = "attribute_not_exists(graph_id)"
    elif "instance_id" not in seen:
        unchanged = "attribute_not_exists(#instance_id)"
    else:
        unchanged = "#instance_id = :seen_owner"
        bound |= to_item({":seen_owner": seen["instance_id"]})
    return {
        "Key": _key(graph_id),
        "UpdateExpression": f"SET {', '.join(sets)}",
        "ConditionExpression": f"{unchanged} OR {OURS_ALREADY}",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": bound,
    }


def _key(graph_id: str) -> Request:
    return {"graph_id": {"S": graph_id}}
