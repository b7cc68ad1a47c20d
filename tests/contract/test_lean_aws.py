"""The health check's own calls to AWS: signed like botocore's, and failing with the same codes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given
from hypothesis import strategies as st

from contract.support.aws import REGION, make_registry_table, point_at, role_credentials
from contract.support.http_server import Exchange, serving
from contract.support.ports import closed_port
from ladybug_agent.adapters.instance_table import InstanceTable
from ladybug_agent.adapters.lean.aws import LeanAws, ServiceRefusedError, endpoint
from ladybug_agent.adapters.lean.cloud import LeanCloud
from ladybug_agent.adapters.lean.dynamodb import LeanDynamoDb
from ladybug_agent.adapters.lean.imds import LeanImds
from ladybug_agent.adapters.lean.sigv4 import signed_headers
from ladybug_agent.clock import SystemClock
from ladybug_agent.errors import ConfigError, ExternalFailure, NotYet
from ladybug_lab.aws.server import LabAws
from ladybug_lab.imds.server import LabImds

SERVICES = ["dynamodb", "logs", "sns", "autoscaling", "ec2", "ecr", "sts", "elasticloadbalancing"]
NOW = datetime(2026, 2, 6, 12, 0, 0, tzinfo=UTC)
HOST = "dynamodb.eu-central-1.amazonaws.com"


def a_client() -> LeanAws:
    return LeanAws(role_credentials, REGION, SystemClock())


@pytest.fixture
def table(aws: LabAws, monkeypatch: pytest.MonkeyPatch) -> InstanceTable:
    point_at(aws.url, monkeypatch)
    return InstanceTable(LeanDynamoDb(a_client()), make_registry_table(aws))


@given(
    body=st.binary(max_size=200),
    service=st.sampled_from(SERVICES),
    value=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40),
)
def test_a_signature_is_the_one_that_botocore_makes(body: bytes, service: str, value: str) -> None:
    who = role_credentials()
    headers = {"Host": HOST, "X-Amz-Target": value, "Content-Type": "application/x-amz-json-1.0"}
    ours = signed_headers(headers, body, service, REGION, who, NOW)
    request = AWSRequest("POST", f"https://{HOST}/", data=body, headers=headers)
    request.context["timestamp"] = "20260206T120000Z"
    auth = SigV4Auth(
        BotoCredentials(who.access_key_id, who.secret_access_key, who.session_token),
        service,
        REGION,
    )
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    request.headers["X-Amz-Security-Token"] = who.session_token
    canonical = auth.canonical_request(request)
    signature = auth.signature(auth.string_to_sign(request, canonical), request)
    assert ours["Authorization"].rpartition("Signature=")[2] == signature


def test_an_endpoint_of_one_service_comes_before_that_of_all() -> None:
    both = {"AWS_ENDPOINT_URL": "http://all:1", "AWS_ENDPOINT_URL_SNS": "http://sns:2"}
    assert endpoint("sns", REGION, both).host == "sns"
    assert endpoint("logs", REGION, both).host == "all"


def test_nobody_there_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(f"http://127.0.0.1:{closed_port()}", monkeypatch)
    with pytest.raises(ExternalFailure) as failure:
        InstanceTable(LeanDynamoDb(a_client()), "table").row("i-1")
    assert (failure.value.code, "dynamodb:GetItem" in str(failure.value)) == (
        "aws_unreachable",
        True,
    )


@pytest.mark.parametrize(
    ("code", "ours"),
    [
        ("ThrottlingException", "aws_throttled"),
        ("AccessDeniedException", "aws_access_denied"),
        ("ExpiredTokenException", "aws_credentials_rejected"),
        ("InternalServerError", "aws_call_failed"),
    ],
)
def test_an_error_has_the_same_code_as_by_botocore(
    aws: LabAws, table: InstanceTable, code: str, ours: str
) -> None:
    aws.faults.add("GetItem", code=code, status=400)
    with pytest.raises(ExternalFailure) as failure:
        table.row("i-1")
    assert failure.value.code == ours


def test_each_call_is_tried_once(aws: LabAws, table: InstanceTable) -> None:
    aws.faults.add("GetItem", code="ThrottlingException", status=400, times=1)
    with pytest.raises(ExternalFailure):
        table.row("i-1")
    assert aws.calls == [("dynamodb", "GetItem")]


def test_a_missing_table_is_a_matter_of_configuration(
    aws: LabAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(aws.url, monkeypatch)
    with pytest.raises(ConfigError) as failure:
        InstanceTable(LeanDynamoDb(a_client()), "nowhere").row("i-1")
    assert failure.value.code == "registry_table_missing"


@pytest.mark.parametrize("body", ["<html>", "[]", '"text"'])
def test_an_answer_of_no_aws_service_is_told(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda exchange: exchange.answer(200, body)) as server:
        point_at(server.url, monkeypatch)
        with pytest.raises(ExternalFailure, match="no AWS service"):
            a_client().json_call("dynamodb", "X.GetItem", "1.0", {})


def test_a_refusal_without_json_has_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda exchange: exchange.answer(403, "<html>")) as server:
        point_at(server.url, monkeypatch)
        with pytest.raises(ServiceRefusedError) as refusal:
            a_client().json_call("dynamodb", "X.GetItem", "1.0", {})
    assert refusal.value.status == 403


def test_a_refusal_of_the_query_protocol_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = "<ErrorResponse><Error><Code>AuthorizationError</Code></Error></ErrorResponse>"
    with serving(lambda exchange: exchange.answer(403, answer)) as server:
        point_at(server.url, monkeypatch)
        with pytest.raises(ServiceRefusedError) as refusal:
            a_client().query_call("sns", "Publish", "2010-03-31", {"Message": "hello"})
    assert (refusal.value.code, refusal.value.status) == ("AuthorizationError", 403)


def test_a_topic_that_may_not_be_told_is_denied(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = "<ErrorResponse><Error><Code>AuthorizationError</Code></Error></ErrorResponse>"
    with serving(lambda exchange: exchange.answer(403, answer)) as server:
        point_at(server.url, monkeypatch)
        with pytest.raises(ExternalFailure) as failure:
            LeanCloud(a_client(), "table").notify("arn", "subject", "hello")
    assert (failure.value.code, failure.value.facts["iam_action"]) == (
        "aws_access_denied",
        "sns:Publish",
    )


def test_a_call_is_signed_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def respond(exchange: Exchange) -> None:
        exchange.answer_json(200, {"got": json.loads(exchange.body)})

    with serving(respond) as server:
        point_at(server.url, monkeypatch)
        answer = a_client().json_call("dynamodb", "DynamoDB_20120810.GetItem", "1.0", {"a": 1})
    (seen,) = server.seen
    assert answer == {"got": {"a": 1}}
    assert seen.headers["X-Amz-Target"] == "DynamoDB_20120810.GetItem"
    assert "Credential=ASIAROLE/" in seen.headers["Authorization"]


def test_metadata_is_read_in_one_session(imds: LabImds) -> None:
    client = LeanImds(SystemClock(), (imds.endpoint,))
    assert client.get("meta-data/instance-id") == imds.facts.instance_id
    assert client.get("meta-data/no-such-thing") is None


def test_metadata_that_does_not_answer_may_answer_later() -> None:
    with pytest.raises(NotYet):
        LeanImds(SystemClock(), (f"http://127.0.0.1:{closed_port()}",)).get("meta-data/x")


@pytest.mark.parametrize(("status", "kind"), [(503, NotYet), (403, ExternalFailure)])
def test_metadata_that_refuses_is_told_apart(
    imds: LabImds, status: int, kind: type[Exception]
) -> None:
    imds.faults.add("/latest/meta-data/", status=status)
    with pytest.raises(kind):
        LeanImds(SystemClock(), (imds.endpoint,)).get("meta-data/instance-id")
