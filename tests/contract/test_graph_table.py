"""One suite for every graph registry: the real one on an emulated DynamoDB, and the fake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from contract.support.second import SecondDynamoDb
from contract.test_instance_registry import item
from fakes.graphs import FakeGraphs
from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.dynamodb import BotoDynamoDb
from ladybug_agent.adapters.graph_table import GraphTable
from ladybug_agent.errors import ConfigError
from ladybug_agent.ports.graphs import GraphRegistry
from ladybug_agent.ports.registry import Row
from ladybug_lab.aws.server import LabAws

TABLE = "graph-lab-graph-registry"
CLAIM: Row = {
    "instance_id": "i-0123456789abcdef0",
    "write_id": "write-1",
    "status": "active",
    "created_at": "2026-02-06T12:00:00Z",
}
THEIRS: Row = {
    "graph_id": "sec",
    "instance_id": "i-0fedcba9876543210",
    "write_id": "write-0",
    "status": "active",
    "created_at": "2025-01-01T00:00:00Z",
    "tier": "of-the-platform",
}


@dataclass(frozen=True, slots=True)
class Subject:
    graphs: GraphRegistry
    place: Callable[[Row], None]


@pytest.fixture(params=["real", "second", "fake"])
def subject(request: pytest.FixtureRequest) -> Subject:
    if request.param == "fake":
        fake = FakeGraphs()
        return Subject(fake, lambda row: fake.rows.update({str(row["graph_id"]): row}))
    if request.param == "second":
        second: SecondDynamoDb = request.getfixturevalue("second_dynamodb")
        name = second.make_table("graph_id")
        return Subject(
            GraphTable(second.transport, name),
            lambda row: second.client.put_item(TableName=name, Item=item(row)),
        )
    aws: LabAws = request.getfixturevalue("aws")
    clients: AwsClients = request.getfixturevalue("clients")
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "graph_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "graph_id", "KeyType": "HASH"}],
    )
    return Subject(
        GraphTable(BotoDynamoDb(clients), TABLE),
        lambda row: dynamodb.put_item(TableName=TABLE, Item=item(row)),
    )


def test_a_graph_of_nobody_is_claimed(subject: Subject) -> None:
    assert subject.graphs.graph("sec") is None
    assert subject.graphs.claim("sec", CLAIM, seen=None)
    assert subject.graphs.graph("sec") == {"graph_id": "sec", **CLAIM}


def test_a_claim_keeps_what_it_says_nothing_of(subject: Subject) -> None:
    subject.place(THEIRS)
    assert subject.graphs.claim("sec", CLAIM, seen=THEIRS)
    wanted = {**THEIRS, **CLAIM, "created_at": THEIRS["created_at"]}
    assert subject.graphs.graph("sec") == wanted


def test_a_row_that_has_come_meanwhile_is_not_claimed(subject: Subject) -> None:
    subject.place(THEIRS)
    assert not subject.graphs.claim("sec", CLAIM, seen=None)
    assert subject.graphs.graph("sec") == THEIRS


def test_a_row_that_has_changed_its_owner_is_not_claimed(subject: Subject) -> None:
    subject.place(THEIRS)
    seen = {**THEIRS, "instance_id": "i-00000000000000000"}
    assert not subject.graphs.claim("sec", CLAIM, seen=seen)
    assert subject.graphs.graph("sec") == THEIRS


def test_a_row_that_has_gone_meanwhile_is_not_claimed(subject: Subject) -> None:
    assert not subject.graphs.claim("sec", CLAIM, seen=THEIRS)
    assert subject.graphs.graph("sec") is None


def test_a_row_without_an_owner_is_claimed(subject: Subject) -> None:
    subject.place({"graph_id": "sec", "status": "orphaned"})
    assert subject.graphs.claim("sec", CLAIM, seen={"graph_id": "sec", "status": "orphaned"})
    assert subject.graphs.graph("sec") == {"graph_id": "sec", **CLAIM}


def test_a_table_that_is_not_there_is_a_mistake_of_the_configuration(
    aws: LabAws, clients: AwsClients
) -> None:
    del aws
    with pytest.raises(ConfigError) as failure:
        GraphTable(BotoDynamoDb(clients), "no-such-table").graph("sec")
    assert failure.value.code == "graph_table_missing"
