"""AWS that does not answer: every call ends in the time that the configuration gives it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from contract.support.aws import QUICK, REGION, point_at, quick_clients, role_credentials
from contract.support.http_server import serving
from contract.support.ports import closed_port, silent_port
from contract.support.timing import ends_within
from ladybug_agent.adapters.aws import AwsClients, Patience
from ladybug_agent.adapters.aws_errors import aws_errors
from ladybug_agent.errors import ExternalFailure
from ladybug_lab.aws.server import LabAws

IMPATIENT = replace(QUICK, connect_timeout_s=0.3, read_timeout_s=0.3)
BACKOFF_S = 1.0  # botocore's longest pause before the second try
LONG_S = 30.0


@pytest.fixture
def clients(aws: LabAws, monkeypatch: pytest.MonkeyPatch) -> AwsClients:
    point_at(aws.url, monkeypatch)
    return impatient_clients()


def impatient_clients() -> AwsClients:
    return AwsClients(IMPATIENT, role_credentials, lambda: REGION)


def assert_unreachable(clients: AwsClients, patience: Patience = "patient") -> None:
    with (
        pytest.raises(ExternalFailure, match="found no connection to dynamodb") as failure,
        aws_errors("dynamodb:ListTables"),
    ):
        clients.client("dynamodb", patience).list_tables()
    assert failure.value.code == "aws_unreachable"
    assert "VPC endpoint for dynamodb" in failure.value.hint


def test_a_refused_connection_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(f"http://127.0.0.1:{closed_port()}", monkeypatch)
    with ends_within(BACKOFF_S + 1):
        assert_unreachable(impatient_clients())


def test_a_dropping_firewall_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    with silent_port() as port:
        point_at(f"http://127.0.0.1:{port}", monkeypatch)
        with ends_within(2 * IMPATIENT.connect_timeout_s + BACKOFF_S + 1):
            assert_unreachable(impatient_clients())


def test_dropped_connections_are_unreachable_after_all_retries(
    aws: LabAws, clients: AwsClients
) -> None:
    aws.faults.add("ListTables", drop=True)
    assert_unreachable(clients)
    assert len(aws.calls) == IMPATIENT.max_attempts


def test_a_connection_dropped_once_is_tried_again(
    aws: LabAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(aws.url, monkeypatch)
    aws.faults.add("ListTables", drop=True, times=1)
    with aws_errors("dynamodb:ListTables"):
        assert quick_clients().client("dynamodb").list_tables()["TableNames"] == []


def test_slow_answers_are_unreachable(aws: LabAws, clients: AwsClients) -> None:
    aws.faults.add("ListTables", delay_s=LONG_S)
    with ends_within(2 * IMPATIENT.read_timeout_s + BACKOFF_S + 1):
        assert_unreachable(clients)
    assert len(aws.calls) == IMPATIENT.max_attempts


@pytest.mark.thorough
def test_a_hurried_client_gives_up_after_one_try(
    aws: LabAws, clients: AwsClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow service and a dropping firewall, at the same time."""
    aws.faults.add("ListTables", delay_s=LONG_S)
    clients.client("dynamodb", "hurried")
    with silent_port() as port:
        point_at(f"http://127.0.0.1:{port}", monkeypatch)
        firewalled = impatient_clients()
        with ends_within(2.5), ThreadPoolExecutor(2) as pool:
            hurry = partial(assert_unreachable, patience="hurried")
            list(pool.map(hurry, (clients, firewalled)))
    assert len(aws.calls) == 1


def test_a_client_for_one_try_makes_one(aws: LabAws, clients: AwsClients) -> None:
    aws.faults.add("ListTables", drop=True)
    assert_unreachable(clients, "once")
    assert len(aws.calls) == 1


@pytest.mark.parametrize(
    ("patience", "connect_s", "read_s"),
    [
        ("patient", IMPATIENT.connect_timeout_s, IMPATIENT.read_timeout_s),
        ("once", 2, 5),
        ("hurried", 1, 1),
    ],
)
def test_the_patience_of_a_client_is_how_long_a_try_may_block(
    clients: AwsClients, patience: Patience, connect_s: float, read_s: float
) -> None:
    config = clients.client("dynamodb", patience).meta.config
    assert (config.connect_timeout, config.read_timeout) == (connect_s, read_s)
    assert clients.client("dynamodb", patience) is clients.client("dynamodb", patience)


def test_something_else_at_the_endpoint_is_an_error_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(lambda exchange: exchange.answer(200, "<html>Log in<br></html>")) as server:
        point_at(server.url, monkeypatch)
        with (
            pytest.raises(ExternalFailure, match="no AWS service answers") as failure,
            aws_errors("ec2:DescribeVolumes"),
        ):
            impatient_clients().client("ec2").describe_volumes()
    assert failure.value.code == "aws_call_failed"
