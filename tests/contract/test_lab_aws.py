"""The emulated AWS, asked with real boto3 clients over real sockets."""

from __future__ import annotations

import base64
import http.client
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError
from botocore.parsers import create_parser

from ladybug_lab.aws.provision import Plan, provision
from ladybug_lab.aws.server import (
    DROPPED,
    ApiError,
    LabAws,
    LifecycleHeartbeat,
    LifecycleResult,
    Service,
    Signal,
)

GROUP, HOOK, INSTANCE_ID = "replicas", "replica-ready", "i-0123456789abcdef0"
SIGNAL = {"LogicalResourceId": "Group", "UniqueId": INSTANCE_ID, "Status": "SUCCESS"}
COMPLETION = {
    "AutoScalingGroupName": GROUP,
    "LifecycleHookName": HOOK,
    "LifecycleActionResult": "CONTINUE",
    "InstanceId": INSTANCE_ID,
}


@pytest.fixture(scope="module")
def server() -> Iterator[LabAws]:
    with LabAws() as running:
        yield running


@pytest.fixture
def aws(server: LabAws) -> LabAws:
    server.reset()
    return server


def signal(aws: LabAws, stack_name: str) -> None:
    aws.client("cloudformation").signal_resource(StackName=stack_name, **SIGNAL)


def complete(aws: LabAws) -> None:
    aws.client("autoscaling").complete_lifecycle_action(**COMPLETION)


def heartbeat(aws: LabAws) -> None:
    aws.client("autoscaling").record_lifecycle_action_heartbeat(
        AutoScalingGroupName=GROUP, LifecycleHookName=HOOK, InstanceId=INSTANCE_ID
    )


def recorded(*, status: str = "SUCCESS", accepted: bool) -> Signal:
    return Signal(
        stack_name="stack",
        logical_resource_id="Group",
        unique_id=INSTANCE_ID,
        status=status,
        accepted=accepted,
    )


def test_a_stack_in_an_operation_takes_signals(aws: LabAws) -> None:
    aws.stacks_in_progress.add("stack")
    signal(aws, "stack")
    signal(aws, "arn:aws:cloudformation:us-east-1:123456789012:stack/stack/0f1e")
    assert aws.signals == [recorded(accepted=True)] * 2


def test_a_finished_stack_refuses_signals_as_the_real_one_does(aws: LabAws) -> None:
    with pytest.raises(ClientError) as refusal:
        signal(aws, "stack")
    error = refusal.value.response["Error"]
    assert error["Code"] == "ValidationError"
    assert error["Message"].startswith("Stack:arn:aws:cloudformation:us-east-1:123456789012:stack/")
    assert error["Message"].endswith("is in CREATE_COMPLETE state and cannot be signaled")
    assert aws.signals == [recorded(accepted=False)]


def test_a_missing_stack_is_named(aws: LabAws) -> None:
    aws.missing_stacks.add("stack")
    with pytest.raises(ClientError, match=r"\(ValidationError\).*Stack \[stack\] does not exist"):
        signal(aws, "stack")


def test_a_waiting_hook_is_kept_alive_and_completed_once(aws: LabAws) -> None:
    aws.pending_hooks.add((GROUP, HOOK))
    heartbeat(aws)
    complete(aws)
    assert aws.lifecycle_heartbeats == [
        LifecycleHeartbeat(group=GROUP, hook=HOOK, instance_id=INSTANCE_ID)
    ]
    assert aws.lifecycle_results == [
        LifecycleResult(group=GROUP, hook=HOOK, result="CONTINUE", instance_id=INSTANCE_ID)
    ]
    with pytest.raises(ClientError, match=f"No active Lifecycle Action .* ID {INSTANCE_ID}"):
        complete(aws)
    assert [result.accepted for result in aws.lifecycle_results] == [True, False]


def test_a_heartbeat_for_no_waiting_hook_is_refused(aws: LabAws) -> None:
    with pytest.raises(ClientError, match=r"\(ValidationError\).*No active Lifecycle Action found"):
        heartbeat(aws)
    assert not aws.lifecycle_heartbeats[0].accepted


def test_a_value_outside_the_enumeration_is_refused(aws: LabAws) -> None:
    wrong = {**COMPLETION, "LifecycleActionResult": "GO"}
    with pytest.raises(ClientError, match=r"\(ValidationError\).*CONTINUE, ABANDON"):
        aws.client("autoscaling").complete_lifecycle_action(**wrong)
    assert aws.lifecycle_results == []


def test_the_registry_token_is_valid_for_hours(aws: LabAws) -> None:
    data = aws.client("ecr").get_authorization_token()["authorizationData"][0]
    assert base64.b64decode(data["authorizationToken"]) == b"AWS:123456789012-auth-token"
    assert data["expiresAt"] - datetime.now(UTC) > timedelta(hours=11)


@pytest.mark.parametrize(
    ("service", "method", "code"),
    [
        ("autoscaling", "describe_auto_scaling_groups", "Throttling"),
        ("cloudformation", "describe_stacks", "ThrottlingException"),
        ("cloudwatch", "list_metrics", "InternalFailure"),
        ("dynamodb", "list_tables", "ProvisionedThroughputExceededException"),
        ("ec2", "describe_volumes", "UnauthorizedOperation"),
        ("ecr", "describe_repositories", "AccessDeniedException"),
        ("s3", "list_buckets", "SlowDown"),
    ],
)
def test_botocore_reads_an_injected_error_in_each_protocol(
    aws: LabAws, service: Service, method: str, code: str
) -> None:
    aws.faults.add("*", code=code, message="not <now>", times=1)
    call = getattr(aws.client(service), method)
    with pytest.raises(ClientError) as failure:
        call()
    error = failure.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, "not <now>")
    call()


def test_a_cbor_call_gets_its_error_in_cbor(aws: LabAws) -> None:
    """No service of ours speaks CBOR with this botocore, but its parser is there to ask."""
    aws.faults.add("monitoring:PutMetricData", code="Throttling", status=400)
    headers = {
        "Authorization": "AWS4-HMAC-SHA256 "
        "Credential=AKIA/20260206/us-east-1/monitoring/aws4_request, SignedHeaders=host",
        "smithy-protocol": "rpc-v2-cbor",
    }
    path = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
    with closing(http.client.HTTPConnection(aws.url.removeprefix("http://"))) as connection:
        connection.request("POST", path, body=b"\xa0", headers=headers)
        with connection.getresponse() as answer:
            parts = {"body": answer.read(), "headers": answer.headers, "status_code": answer.status}
    parser: Any = create_parser("smithy-rpc-v2-cbor")
    error = parser.parse(parts, None)["Error"]
    assert (error["Code"], error["Message"]) == ("Throttling", "injected")


def test_a_fault_may_name_a_service_an_operation_or_both(aws: LabAws) -> None:
    aws.faults.add("dynamodb:*", code="InternalServerError", status=500)
    aws.faults.add("DescribeSnapshots", code="Unavailable", status=503)
    with pytest.raises(ClientError, match="InternalServerError"):
        aws.client("dynamodb").list_tables()
    with pytest.raises(ClientError, match="Unavailable"):
        aws.client("ec2").describe_snapshots()
    assert aws.client("ec2").describe_volumes()["Volumes"] == []
    aws.faults.clear()
    assert aws.client("dynamodb").list_tables()["TableNames"] == []


def test_a_late_answer_is_the_true_one(aws: LabAws) -> None:
    aws.faults.add("ListTables", delay_s=0.1, times=1)
    started = time.monotonic()
    assert aws.client("dynamodb").list_tables()["TableNames"] == []
    assert time.monotonic() - started >= 0.1


def test_a_dropped_connection_has_no_answer(aws: LabAws) -> None:
    aws.faults.add("ListTables", drop=True, times=1)
    with pytest.raises(ConnectionClosedError):
        aws.client("dynamodb").list_tables()
    assert aws.client("dynamodb").list_tables()["TableNames"] == []
    assert aws.errors == [
        ApiError(service="dynamodb", operation="ListTables", status=DROPPED, code="")
    ]


def test_calls_and_their_errors_are_recorded_by_service_and_operation(aws: LabAws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="deployment")
    s3.put_object(Bucket="deployment", Key="a/b", Body=b"bundle")
    assert s3.get_object(Bucket="deployment", Key="a/b")["Body"].read() == b"bundle"
    with pytest.raises(ClientError):
        aws.client("dynamodb").describe_table(TableName="none")
    assert aws.calls == [
        ("s3", "CreateBucket"),
        ("s3", "PutObject"),
        ("s3", "GetObject"),
        ("dynamodb", "DescribeTable"),
    ]
    assert [(error.status, error.code) for error in aws.errors] == [
        (400, "ResourceNotFoundException")
    ]


def test_a_call_that_is_not_emulated_is_not_worth_a_retry(aws: LabAws) -> None:
    with pytest.raises(ClientError) as failure:
        aws.client("ec2").describe_volume_attribute(VolumeId="vol-1", Attribute="autoEnableIO")
    assert failure.value.response["Error"]["Code"] == "NotEmulated"
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_reset_forgets_resources_records_and_faults(aws: LabAws) -> None:
    provision(aws, Plan())
    aws.faults.add("*", code="Unavailable", status=503)
    aws.reset()
    assert (aws.calls, aws.errors, aws.pending_hooks) == ([], [], set())
    assert aws.client("ec2").describe_volumes()["Volumes"] == []


def test_a_stopped_server_is_gone_and_the_next_one_starts_empty() -> None:
    with LabAws() as aws:
        provision(aws, Plan())
    with pytest.raises(EndpointConnectionError):
        aws.client("ec2").describe_volumes()
    with LabAws() as successor:
        assert successor.client("ec2").describe_volumes()["Volumes"] == []
