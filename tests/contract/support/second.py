"""The registries' tables on the second DynamoDB."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config as BotoConfig

from contract.support.aws import ONCE, REGION, point_at, quick_clients
from ladybug_agent.adapters.dynamodb import BotoDynamoDb


@dataclass(frozen=True, slots=True)
class SecondDynamoDb:
    """The agent's own transport to it, and a client for the test's own hands."""

    transport: BotoDynamoDb
    client: Any

    @classmethod
    def at(cls, url: str) -> SecondDynamoDb:
        clients = quick_clients(ONCE)
        with pytest.MonkeyPatch.context() as monkeypatch:
            point_at(url, monkeypatch)
            for patience in ("patient", "hurried"):  # made now, while it is pointed at
                clients.client("dynamodb", patience)
        client = boto3.client(
            "dynamodb",
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id="AKIALADYBUGLAB000000",
            aws_secret_access_key="made-up-secret-access-key",
            config=BotoConfig(retries={"total_max_attempts": 1}, proxies={}),
        )
        return cls(BotoDynamoDb(clients), client)

    def make_table(self, key: str) -> str:
        """Make an empty table with a name of its own, and return the name."""
        name = f"table-{uuid.uuid4().hex}"
        self.client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        )
        give_up = time.monotonic() + 10
        while self.client.describe_table(TableName=name)["Table"]["TableStatus"] != "ACTIVE":
            assert time.monotonic() < give_up
        return name
