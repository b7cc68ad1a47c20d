"""The instance registry where DynamoDB fails: what the operator is told, and lost answers."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from contextlib import closing

import pytest

from contract.support.aws import ONCE, TABLE, make_registry_table, point_at, quick_clients
from contract.support.http_server import Exchange, serving
from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.dynamodb import BotoDynamoDb
from ladybug_agent.adapters.instance_table import InstanceTable
from ladybug_agent.errors import ConfigError, ExternalFailure, Fenced
from ladybug_agent.ports import Row
from ladybug_lab.aws.server import LabAws

INSTANCE_ID = "i-0123456789abcdef0"
NOW = 1_770_379_200
ROW: Row = {
    "instance_id": INSTANCE_ID,
    "registration_id": "ours",
    "boot_id": "boot",
    "booted_at": NOW - 60,
    "write_id": "write",
    "status": "healthy",
    "lease_expires_at": NOW + 150,
}
THEIRS: Row = {**ROW, "registration_id": "theirs", "write_id": "another"}
Act = Callable[[InstanceTable], object]
ACTS: list[tuple[Act, str]] = [
    (lambda registry: registry.row(INSTANCE_ID), "GetItem"),
    (lambda registry: registry.put(ROW, now=NOW), "PutItem"),
    (lambda registry: registry.withdraw(INSTANCE_ID, "ours", reason_code="x"), "UpdateItem"),
]
each = pytest.mark.parametrize(("act", "operation"), ACTS, ids=["row", "put", "withdraw"])


@pytest.fixture
def registry(aws: LabAws, clients: AwsClients) -> InstanceTable:
    return InstanceTable(BotoDynamoDb(clients), make_registry_table(aws))


def losing_first_answer(url: str) -> Callable[[Exchange], None]:
    """Pass every request on, but close the connection under the answer to the first."""
    lost: list[int] = []

    def respond(exchange: Exchange) -> None:
        with closing(http.client.HTTPConnection(url.removeprefix("http://"))) as upstream:
            headers = dict(exchange.headers)
            upstream.request(exchange.command, exchange.path, exchange.body, headers)
            with upstream.getresponse() as reply:
                status, body = reply.status, reply.read()
        if lost:
            exchange.answer(status, body, **{"Content-Type": "application/x-amz-json-1.0"})
        else:
            lost.append(status)
            exchange.cut()

    return respond


@each
def test_a_missing_table_is_a_matter_of_configuration(
    aws: LabAws, clients: AwsClients, act: Act, operation: str
) -> None:
    with pytest.raises(ConfigError, match="the instance registry `nowhere`") as failure:
        act(InstanceTable(BotoDynamoDb(clients), "nowhere"))
    assert failure.value.code == "registry_table_missing"
    assert "`registry.table`" in failure.value.hint
    assert aws.calls == [("dynamodb", operation)]


@each
def test_access_denied_names_the_iam_action_and_the_table(
    aws: LabAws, registry: InstanceTable, act: Act, operation: str
) -> None:
    aws.faults.add(operation, code="AccessDeniedException", status=400)
    with pytest.raises(ExternalFailure, match="on graph-graph-lab-instance") as failure:
        act(registry)
    assert failure.value.code == "aws_access_denied"
    assert f"dynamodb:{operation}" in failure.value.hint


@each
def test_a_throttled_table_is_said_so(
    aws: LabAws, monkeypatch: pytest.MonkeyPatch, act: Act, operation: str
) -> None:
    point_at(aws.url, monkeypatch)
    aws.faults.add(operation, code="ProvisionedThroughputExceededException", status=400)
    with pytest.raises(ExternalFailure) as failure:
        act(InstanceTable(BotoDynamoDb(quick_clients(ONCE)), make_registry_table(aws)))
    assert failure.value.code == "aws_throttled"


def test_a_table_throttled_for_a_moment_is_written_all_the_same(
    aws: LabAws, registry: InstanceTable
) -> None:
    aws.faults.add("PutItem", code="ThrottlingException", status=400, times=1)
    registry.put(ROW, now=NOW)
    assert registry.row(INSTANCE_ID) == ROW


def test_a_write_whose_answer_was_lost_is_a_success(
    aws: LabAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = make_registry_table(aws)
    with serving(losing_first_answer(aws.url)) as server:
        point_at(server.url, monkeypatch)
        registry = InstanceTable(BotoDynamoDb(quick_clients()), table)
        registry.put(ROW, now=NOW)
        assert aws.calls == [("dynamodb", "PutItem")] * 2
        assert registry.row(INSTANCE_ID) == ROW


def test_a_refusal_whose_answer_was_lost_is_still_a_refusal(
    aws: LabAws, registry: InstanceTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.put(THEIRS, now=NOW)
    with serving(losing_first_answer(aws.url)) as server:
        point_at(server.url, monkeypatch)
        with pytest.raises(Fenced):
            InstanceTable(BotoDynamoDb(quick_clients()), TABLE).put(ROW, now=NOW)
    assert registry.row(INSTANCE_ID) == THEIRS


def test_a_refusal_names_the_holder(registry: InstanceTable) -> None:
    registry.put(THEIRS, now=NOW)
    with pytest.raises(Fenced, match=f"held by registration theirs until {NOW + 150}") as refusal:
        registry.put(ROW, now=NOW)
    assert refusal.value.facts == {"held_by": "theirs", "held_status": "healthy"}
