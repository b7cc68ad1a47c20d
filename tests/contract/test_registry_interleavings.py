"""The interleavings of `tests/unit/test_registry_interleavings.py` on two real implementations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config as BotoConfig

from contract.support.aws import REGION, TABLE, make_registry_table, point_at, role_credentials
from ladybug_agent.adapters.instance_table import InstanceTable
from ladybug_agent.adapters.lean.aws import LeanAws
from ladybug_agent.adapters.lean.dynamodb import LeanDynamoDb
from ladybug_agent.adapters.registry_wire import from_item, key_of
from ladybug_agent.clock import SystemClock
from ladybug_agent.ports import InstanceRegistry, Row
from ladybug_lab.aws.server import LabAws
from support.dynalite import dynalite, program
from support.fleet_model import KEY, run_fleet

pytestmark = pytest.mark.thorough
needs_dynalite = pytest.mark.skipif(
    not program().exists(), reason="missing: dynalite; `./dev setup` installs it"
)


class RealTable:
    """A table of the agent's own client, and what others do to it by boto3."""

    def __init__(self, client: Any) -> None:
        self._client = client
        aws = LeanAws(role_credentials, REGION, SystemClock())
        self._registry = InstanceTable(LeanDynamoDb(aws), TABLE)

    @property
    def registry(self) -> InstanceRegistry:
        return self._registry

    def row(self) -> Row | None:
        answer = self._client.get_item(TableName=TABLE, Key=key_of(KEY), ConsistentRead=True)
        return from_item(answer["Item"]) if "Item" in answer else None

    def clear(self) -> None:
        self.delete()

    def delete(self) -> None:
        self._client.delete_item(TableName=TABLE, Key=key_of(KEY))

    def set_desired(self, desired: str | None) -> None:
        act = "SET desired = :desired" if desired else "REMOVE desired"
        values = {"ExpressionAttributeValues": {":desired": {"S": desired}}} if desired else {}
        self._client.update_item(
            TableName=TABLE,
            Key=key_of(KEY),
            UpdateExpression=act,
            ConditionExpression="attribute_exists(instance_id)",
            **values,
        )


@pytest.fixture
def dynalite_client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with dynalite() as url:
        point_at(url, monkeypatch)
        client = boto3.client(
            "dynamodb",
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id="x",
            aws_secret_access_key="x",
            config=BotoConfig(retries={"total_max_attempts": 1}),
        )
        client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "instance_id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "instance_id", "KeyType": "HASH"}],
        )
        yield client
        client.close()


def test_no_order_of_events_breaks_a_table_of_moto(
    aws: LabAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(aws.url, monkeypatch)
    make_registry_table(aws)
    table = RealTable(aws.client("dynamodb"))
    assert run_fleet(lambda: table, examples=12, shrinks=False) >= 250


@needs_dynalite
def test_no_order_of_events_breaks_a_table_of_dynalite(dynalite_client: Any) -> None:
    table = RealTable(dynalite_client)
    assert run_fleet(lambda: table, examples=12, shrinks=False) >= 250
