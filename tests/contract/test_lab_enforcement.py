"""A policy that is enforced on the emulated AWS: whom it concerns, what a refusal looks like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from ladybug_lab.aws.server import LabAws

GROUP = "shared-replicas-lab"
ROW = {"instance_id": {"S": "i-0123456789abcdef0"}}
STREAM = {"logGroupName": "/lab", "logStreamName": "i-0123456789abcdef0"}
NOTHING: dict[str, Any] = {"Statement": []}


@pytest.fixture(scope="module")
def server() -> Iterator[LabAws]:
    with LabAws() as running:
        yield running


@pytest.fixture
def aws(server: LabAws) -> LabAws:
    server.reset()
    return server


@pytest.fixture
def as_role(aws: LabAws) -> Iterator[Any]:
    """Return a function that makes clients with the credentials of a role."""
    made: list[Any] = []

    def make(service: str) -> Any:
        client: Any = boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=aws.url,
            region_name=aws.region,
            aws_access_key_id="ASIALADYBUGLAB000000",
            aws_secret_access_key="made-up",
            aws_session_token="made-up",
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


def allowing(action: str, resource: str) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}


def refused(call: Any, **arguments: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as refusal:
        call(**arguments)
    answer = refusal.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    ("service", "method", "arguments", "told"),
    [
        ("ec2", "describe_volumes", {}, ("UnauthorizedOperation", 403)),
        ("ecr", "get_authorization_token", {}, ("AccessDeniedException", 400)),
        ("dynamodb", "get_item", {"TableName": "t", "Key": ROW}, ("AccessDeniedException", 400)),
        ("logs", "create_log_stream", STREAM, ("AccessDeniedException", 400)),
        ("s3", "get_object", {"Bucket": "maps", "Key": "a"}, ("AccessDenied", 403)),
        ("sns", "publish", {"TopicArn": "arn:x", "Message": "m"}, ("AuthorizationError", 403)),
        (
            "autoscaling",
            "set_instance_health",
            {"InstanceId": "i-0", "HealthStatus": "Unhealthy"},
            ("AccessDenied", 403),
        ),
    ],
)
def test_each_service_refuses_in_its_own_words(
    aws: LabAws,
    as_role: Any,
    service: str,
    method: str,
    arguments: dict[str, Any],
    told: tuple[str, int],
) -> None:
    aws.enforcement.enforce(NOTHING, group=GROUP)
    assert refused(getattr(as_role(service), method), **arguments) == told
    assert len(aws.enforcement.denied) == 1


def test_the_owner_of_the_account_is_not_concerned(aws: LabAws) -> None:
    aws.enforcement.enforce(NOTHING, group=GROUP)
    assert aws.client("ec2").describe_volumes()["Volumes"] == []
    assert aws.enforcement.denied == []


def test_without_a_policy_a_role_may_do_everything(aws: LabAws, as_role: Any) -> None:
    assert as_role("ec2").describe_volumes()["Volumes"] == []
    assert aws.enforcement.used == []


def test_a_refusal_names_action_and_resource(aws: LabAws, as_role: Any) -> None:
    aws.enforcement.enforce(NOTHING, group=GROUP)
    with pytest.raises(
        ClientError, match=r"perform: dynamodb:GetItem on resource: arn:.*table/rows"
    ):
        as_role("dynamodb").get_item(TableName="rows", Key=ROW)


def test_a_permission_is_for_its_own_resource(aws: LabAws, as_role: Any) -> None:
    mine = "arn:aws:logs:us-east-1:123456789012:log-group:/lab:log-stream:i-*"
    aws.enforcement.enforce(allowing("logs:CreateLogStream", mine), group=GROUP)
    aws.client("logs").create_log_group(logGroupName="/lab")
    as_role("logs").create_log_stream(**STREAM)
    other = STREAM | {"logStreamName": "another"}
    assert refused(as_role("logs").create_log_stream, **other)[0] == "AccessDeniedException"
    assert aws.enforcement.used == ["logs:CreateLogStream"]


def test_the_group_of_the_instance_is_what_its_health_is_about(aws: LabAws, as_role: Any) -> None:
    arn = "arn:aws:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/"
    aws.managed_instances.add("i-0")
    health = {"InstanceId": "i-0", "HealthStatus": "Unhealthy"}
    aws.enforcement.enforce(allowing("autoscaling:SetInstanceHealth", arn + "x"), group=GROUP)
    assert refused(as_role("autoscaling").set_instance_health, **health)[0] == "AccessDenied"
    aws.enforcement.enforce(allowing("autoscaling:SetInstanceHealth", arn + GROUP), group=GROUP)
    as_role("autoscaling").set_instance_health(**health)
    assert aws.given_up == ["i-0"]


def test_an_object_that_is_not_there_is_hidden_from_who_may_not_list(
    aws: LabAws, as_role: Any
) -> None:
    aws.client("s3").create_bucket(Bucket="maps")
    reads = allowing("s3:GetObject", "arn:aws:s3:::maps/*")["Statement"]
    lists = allowing("s3:ListBucket", "arn:aws:s3:::maps")["Statement"]
    what = {"Bucket": "maps", "Key": "none"}
    aws.enforcement.enforce({"Statement": reads}, group=GROUP)
    assert refused(as_role("s3").get_object, **what) == ("AccessDenied", 403)
    aws.enforcement.enforce({"Statement": reads + lists}, group=GROUP)
    assert refused(as_role("s3").get_object, **what) == ("NoSuchKey", 404)
    assert aws.enforcement.used == ["s3:GetObject", "s3:ListBucket"]


def test_a_call_that_no_agent_makes_is_not_emulated(aws: LabAws, as_role: Any) -> None:
    aws.enforcement.enforce(allowing("*", "*"), group=GROUP)
    assert refused(as_role("dynamodb").list_tables) == ("NotEmulated", 501)
