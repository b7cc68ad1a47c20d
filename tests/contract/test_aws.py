"""AWS clients: credentials, region, endpoint, and botocore's errors turned into ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest

from contract.support.aws import ONCE, QUICK, point_at, quick_clients, role_credentials
from contract.support.http_server import Exchange, Running, serving
from contract.support.ports import closed_port
from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.aws_errors import aws_errors
from ladybug_agent.adapters.imds import Imds
from ladybug_agent.adapters.instance_metadata import ImdsMetadata
from ladybug_agent.clock import SystemClock
from ladybug_agent.errors import AgentError, ExternalFailure, NotYet
from ladybug_agent.model import Credentials
from ladybug_lab.aws.server import LabAws
from ladybug_lab.imds.server import InstanceFacts, LabImds

LIST_TABLES = ("dynamodb", "ListTables")


def no_region() -> str:
    raise AssertionError("metadata was asked for a region that the configuration has")


def list_tables(clients: AwsClients) -> list[str]:
    with aws_errors("dynamodb:ListTables"):
        names: list[str] = clients.client("dynamodb").list_tables()["TableNames"]
    return names


def no_tables(exchange: Exchange) -> None:
    exchange.answer_json(200, {"TableNames": []})


def signed_by(server: Running) -> list[str]:
    """Return the access key ids that the requests were signed with."""
    headers = [seen.headers["Authorization"] for seen in server.seen]
    return [header.partition("Credential=")[2].partition("/")[0] for header in headers]


def test_the_credentials_are_the_given_ones_whatever_the_environment_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shared = tmp_path / "credentials"
    shared.write_text("[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = x\n")
    with serving(no_tables) as server:
        point_at(server.url, monkeypatch)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
        list_tables(quick_clients())
    assert signed_by(server) == ["ASIAROLE"]
    assert server.seen[0].headers["X-Amz-Security-Token"] == "role-token"


def test_credentials_near_their_end_are_fetched_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = iter(
        replace(role_credentials(lifetime=lifetime), access_key_id=key)
        for key, lifetime in (("ASIA1", timedelta(minutes=5)), ("ASIA2", timedelta(hours=6)))
    )
    with serving(no_tables) as server:
        point_at(server.url, monkeypatch)
        clients = AwsClients(QUICK, lambda: next(fetched), no_region)
        list_tables(clients)
        list_tables(clients)
    assert signed_by(server) == ["ASIA2", "ASIA2"]


def test_credentials_that_are_not_there_yet_are_said_so(aws: LabAws) -> None:
    def fetch() -> Credentials:
        raise NotYet("credentials_missing", "not yet")

    with pytest.raises(NotYet, match="not yet"):
        list_tables(AwsClients(QUICK, fetch, no_region))
    assert aws.calls == []


def test_the_region_of_the_configuration_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    clients = AwsClients(replace(QUICK, region="eu-west-1"), role_credentials, no_region)
    assert clients.client("dynamodb").meta.region_name == "eu-west-1"


def test_without_one_the_region_is_the_instances_own(
    imds: LabImds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    imds.facts = InstanceFacts(region="ap-southeast-2")
    metadata = ImdsMetadata(Imds((imds.endpoint,)), SystemClock())
    clients = AwsClients(replace(QUICK, region=""), metadata.credentials, metadata.region)
    assert clients.client("dynamodb").meta.region_name == "ap-southeast-2"


def test_the_endpoint_of_one_service_can_be_redirected_alone(
    aws: LabAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(f"http://127.0.0.1:{closed_port()}", monkeypatch)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", aws.url)
    assert list_tables(quick_clients()) == []


def test_a_proxy_is_used_as_the_aws_tools_use_it(
    aws: LabAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unlike instance metadata and the local service, AWS may be reachable by a proxy only."""
    point_at(aws.url, monkeypatch)
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    with pytest.raises(ExternalFailure) as failure:
        list_tables(quick_clients())
    assert (failure.value.code, aws.calls) == ("aws_unreachable", [])
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert list_tables(quick_clients()) == []


def test_a_client_is_made_once_however_many_threads_ask(clients: AwsClients) -> None:
    made: list[object] = []
    threads = [Thread(target=lambda: made.append(clients.client("sts"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len({id(client) for client in made}) == 1


@pytest.mark.parametrize(
    ("code", "status"),
    [("AccessDeniedException", 400), ("AccessDenied", 403), ("403", 403)],
)
def test_access_denied_names_the_iam_action_and_is_not_retried(
    aws: LabAws, clients: AwsClients, code: str, status: int
) -> None:
    aws.faults.add("ListTables", code=code, status=status)
    with pytest.raises(ExternalFailure, match=r"may not call dynamodb:ListTables$") as failure:
        list_tables(clients)
    assert failure.value.code == "aws_access_denied"
    assert "allow dynamodb:ListTables" in failure.value.hint
    assert failure.value.facts["iam_action"] == "dynamodb:ListTables"
    assert aws.calls == [LIST_TABLES]


def test_ec2_denies_in_its_own_words(aws: LabAws, clients: AwsClients) -> None:
    aws.faults.add("DescribeVolumes", code="UnauthorizedOperation", status=403)
    with (
        pytest.raises(
            ExternalFailure, match="may not call ec2:DescribeVolumes on vol-1"
        ) as failure,
        aws_errors("ec2:DescribeVolumes", resource="vol-1"),
    ):
        clients.client("ec2").describe_volumes()
    assert failure.value.code == "aws_access_denied"
    assert aws.calls == [("ec2", "DescribeVolumes")]


def test_throttling_is_an_error_only_after_all_retries(aws: LabAws, clients: AwsClients) -> None:
    aws.faults.add("ListTables", code="ThrottlingException")
    with pytest.raises(ExternalFailure, match="still throttled after all retries") as failure:
        list_tables(clients)
    assert failure.value.code == "aws_throttled"
    assert aws.calls == [LIST_TABLES] * QUICK.max_attempts


def test_throttling_has_many_names(aws: LabAws, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(aws.url, monkeypatch)
    clients = quick_clients(ONCE)
    for code, status in (
        ("ProvisionedThroughputExceededException", 400),
        ("RequestLimitExceeded", 503),
        ("Throttling", 400),
        ("TooManyRequestsException", 429),
    ):
        aws.faults.add("ListTables", code=code, status=status, times=1)
        with pytest.raises(ExternalFailure) as failure:
            list_tables(clients)
        assert (failure.value.code, failure.value.facts) == ("aws_throttled", {"aws_code": code})


@pytest.mark.parametrize("status", [500, 503])
def test_a_fault_of_the_service_is_retried(aws: LabAws, clients: AwsClients, status: int) -> None:
    aws.faults.add("ListTables", code="InternalServerError", status=status, times=1)
    assert list_tables(clients) == []
    assert aws.calls == [LIST_TABLES] * 2


def test_a_lasting_fault_of_the_service_is_an_error(aws: LabAws, clients: AwsClients) -> None:
    aws.faults.add("ListTables", code="InternalServerError", status=500)
    with pytest.raises(ExternalFailure, match="answered InternalServerError") as failure:
        list_tables(clients)
    assert failure.value.code == "aws_call_failed"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ExpiredTokenException", 400),
        ("ExpiredToken", 403),
        ("UnrecognizedClientException", 400),
        ("SignatureDoesNotMatch", 403),
        ("InvalidSignatureException", 400),
        ("AuthFailure", 401),
    ],
)
def test_rejected_credentials_are_not_taken_for_a_missing_permission(
    aws: LabAws, clients: AwsClients, code: str, status: int
) -> None:
    aws.faults.add("ListTables", code=code, status=status)
    with pytest.raises(ExternalFailure, match="rejected the credentials") as failure:
        list_tables(clients)
    assert failure.value.code == "aws_credentials_rejected"
    assert aws.calls == [LIST_TABLES]


def test_a_call_that_botocore_refuses_to_make_is_said_so(aws: LabAws, clients: AwsClients) -> None:
    with pytest.raises(AgentError) as failure, aws_errors("dynamodb:GetItem"):
        clients.client("dynamodb").get_item(TableName=5, Key={})
    assert (failure.value.code, aws.calls) == ("aws_call_invalid", [])
