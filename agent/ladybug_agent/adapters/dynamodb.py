"""DynamoDB by botocore, with its retries: for the boot and for whoever can afford it."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from ladybug_agent.adapters.aws import AwsClients, Patience
from ladybug_agent.adapters.aws_codes import table_missing
from ladybug_agent.adapters.aws_errors import aws_errors, error_code
from ladybug_agent.adapters.registry_wire import ConditionFailedError, Request

ACTIONS = {
    "GetItem": "dynamodb:GetItem",
    "PutItem": "dynamodb:PutItem",
    "UpdateItem": "dynamodb:UpdateItem",
}
METHODS = {"GetItem": "get_item", "PutItem": "put_item", "UpdateItem": "update_item"}


class BotoDynamoDb:
    def __init__(self, clients: AwsClients, patience: Patience = "patient") -> None:
        self._clients = clients
        self._patience: Patience = patience

    def call(self, operation: str, request: Request, *, hurried: bool = False) -> dict[str, Any]:
        client = self._clients.client("dynamodb", "hurried" if hurried else self._patience)
        table = str(request["TableName"])
        with aws_errors(ACTIONS[operation], resource=table):
            try:
                answer: dict[str, Any] = getattr(client, METHODS[operation])(**request)
            except ClientError as error:
                match error_code(error):
                    case "ConditionalCheckFailedException":
                        item: Any = error.response
                        raise ConditionFailedError(item.get("Item", {})) from error
                    case "ResourceNotFoundException":
                        raise table_missing(table) from error
                    case _:
                        raise
        return answer
