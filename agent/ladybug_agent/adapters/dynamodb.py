"""The instance registry in DynamoDB. Every write is conditional."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.aws_errors import aws_errors, error_code
from ladybug_agent.errors import ConfigError, Fenced
from ladybug_agent.ports import Row, RowValue

# Who may write the whole row. `booted_at` orders the boots of one machine, so that a process of an
# older boot can never take the row back. A row without a registration is no agent's: it has no
# lease that could protect it.
MAY_REGISTER = (
    "attribute_not_exists(instance_id)"
    " OR attribute_not_exists(registration_id)"
    " OR registration_id = :registration_id"
    " OR (boot_id <> :boot_id AND booted_at < :booted_at)"
    " OR #status = :terminated"
    " OR lease_expires_at < :now"
)

# An update without a condition would make a row of these few attributes.
IS_OURS_AND_HEALTHY = "registration_id = :registration_id AND #status = :healthy"
WITHDRAW = "SET #status = :unhealthy, reason_code = :reason_code, write_id = :write_id"


class DynamoDbRegistry:
    def __init__(self, clients: AwsClients, table: str) -> None:
        self._clients = clients
        self._table = table

    def row(self, instance_id: str) -> Row | None:
        with self._errors("dynamodb:GetItem"):
            answer = self._clients.client("dynamodb").get_item(
                TableName=self._table,
                Key={"instance_id": {"S": instance_id}},
                ConsistentRead=True,
            )
        return _from_item(answer["Item"]) if "Item" in answer else None

    def put(self, row: Row, *, now: int) -> None:
        values = {name: row[name] for name in ("registration_id", "boot_id", "booted_at")}
        values |= {"terminated": "terminated", "now": now}
        with self._errors("dynamodb:PutItem"):
            try:
                self._clients.client("dynamodb").put_item(
                    TableName=self._table,
                    Item=_to_item(row),
                    ConditionExpression=MAY_REGISTER,
                    ExpressionAttributeNames={"#status": "status"},
                    ExpressionAttributeValues=_to_item({f":{k}": v for k, v in values.items()}),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as error:
                _raise_unless_ours(error, row)

    def withdraw(self, instance_id: str, registration_id: str, *, reason_code: str) -> bool:
        values = {
            ":registration_id": registration_id,
            ":healthy": "healthy",
            ":unhealthy": "unhealthy",
            ":reason_code": reason_code,
            ":write_id": str(uuid.uuid4()),
        }
        with self._errors("dynamodb:UpdateItem"):
            try:
                self._clients.client("dynamodb", "hurried").update_item(
                    TableName=self._table,
                    Key={"instance_id": {"S": instance_id}},
                    UpdateExpression=WITHDRAW,
                    ConditionExpression=IS_OURS_AND_HEALTHY,
                    ExpressionAttributeNames={"#status": "status"},
                    ExpressionAttributeValues=_to_item(values),
                )
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise
                return False
        return True

    @contextmanager
    def _errors(self, action: str) -> Iterator[None]:
        with aws_errors(action, resource=self._table):
            try:
                yield
            except ClientError as error:
                if error_code(error) != "ResourceNotFoundException":
                    raise
                raise ConfigError(
                    "registry_table_missing",
                    f"wanted the instance registry `{self._table}`, found no such table",
                    hint="check `registry.table`, and `aws.region` against the table's region",
                ) from error


def _raise_unless_ours(error: ClientError, row: Row) -> None:
    """Tell a refused write from one that botocore retried after it had already succeeded."""
    if error_code(error) != "ConditionalCheckFailedException":
        raise error
    answer: Mapping[str, Any] = error.response
    holder = _from_item(answer.get("Item", {}))
    if holder.get("write_id") == row["write_id"]:
        return
    raise Fenced(
        "registration_fenced",
        f"wanted to register {row['instance_id']}, found it held by registration"
        f" {holder.get('registration_id')} until {holder.get('lease_expires_at')}",
        hint="is a second agent running with another state directory? its lease must end first",
        held_by=holder.get("registration_id"),
        held_status=holder.get("status"),
    ) from error


def _to_item(row: Row) -> dict[str, Any]:
    serialize = TypeSerializer().serialize
    return {
        name: serialize(Decimal(str(value)) if isinstance(value, float) else value)
        for name, value in row.items()
    }


def _from_item(item: dict[str, Any]) -> dict[str, RowValue]:
    deserialize = TypeDeserializer().deserialize
    return {name: _plain(deserialize(value)) for name, value in item.items()}


def _plain(value: Any) -> RowValue:
    """Turn boto3's Decimal into the number it is."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value if isinstance(value, str | bool) else str(value)
