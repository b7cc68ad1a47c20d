"""DynamoDB without botocore: what `InstanceTable` sends, and a look at the peers."""

from __future__ import annotations

from typing import Any

from ladybug_agent.adapters.aws_codes import service_error, table_missing
from ladybug_agent.adapters.lean.aws import LeanAws, ServiceRefusedError
from ladybug_agent.adapters.registry_wire import ConditionFailedError, Request, from_item
from ladybug_agent.ports.registry import Row

API = "DynamoDB_20120810"


class LeanDynamoDb:
    """One try a call, for at most 4 s, whether hurried or not."""

    def __init__(self, aws: LeanAws) -> None:
        self._aws = aws

    def call(self, operation: str, request: Request, *, hurried: bool = False) -> dict[str, Any]:
        del hurried
        table = str(request["TableName"])
        try:
            return self._aws.json_call("dynamodb", f"{API}.{operation}", "1.0", request)
        except ServiceRefusedError as error:
            match error.code:
                case "ConditionalCheckFailedException":
                    raise ConditionFailedError(error.document.get("Item") or {}) from error
                case "ResourceNotFoundException":
                    raise table_missing(table) from error
                case _:
                    action = f"dynamodb:{operation}"
                    raise service_error(error.code, error.status, action, table) from error

    def peers(self, table: str, node_type: str) -> tuple[Row, ...]:
        """Return the rows of a node type: the first page, which holds some thousand rows."""
        request = {
            "TableName": table,
            "FilterExpression": "node_type = :node_type",
            "ProjectionExpression": "instance_id, #status, reason_code, lease_expires_at",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {":node_type": {"S": node_type}},
        }
        return tuple(from_item(item) for item in self.call("Scan", request)["Items"])
