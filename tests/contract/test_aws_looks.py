"""What a diagnosis asks AWS, on the emulated one: good answers, refusals, garbage, silence."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contract.support.aws import REGION, make_registry_table, point_at, role_credentials
from contract.support.http_server import Exchange, serving
from contract.support.ports import closed_port, silent_port
from contract.support.timing import ends_within
from ladybug_agent.clock import SystemClock
from ladybug_agent.errors import AgentError, ConfigError, ExternalFailure
from ladybug_agent.model.standing import Caller, GroupMember, TargetHealth, VolumeHealth
from ladybug_agent.ports.aws_look import AwsLooks
from ladybug_agent.wiring_aws_looks import build_aws_looks
from ladybug_lab.aws import records
from ladybug_lab.aws.provision import Plan, provision
from ladybug_lab.aws.server import LabAws
from support.configured import a_plain_config

INSTANCE_ID = "i-0123456789abcdef0"
VOLUME_ID = "vol-0123456789abcdef0"
ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/replicas/0123456789abcdef"
ASKED: dict[str, tuple[str, Callable[[AwsLooks], object]]] = {
    "ec2:DescribeVolumes": (
        "DescribeVolumes",
        lambda looks: looks.volumes.attached_volumes(INSTANCE_ID),
    ),
    "ec2:DescribeVolumeStatus": (
        "DescribeVolumeStatus",
        lambda looks: looks.volumes.health(VOLUME_ID),
    ),
    "sts:GetCallerIdentity": ("GetCallerIdentity", lambda looks: looks.standing.caller()),
    "elasticloadbalancing:DescribeTargetHealth": (
        "DescribeTargetHealth",
        lambda looks: looks.standing.target(ARN, INSTANCE_ID),
    ),
    "autoscaling:DescribeAutoScalingInstances": (
        "DescribeAutoScalingInstances",
        lambda looks: looks.standing.group_member(INSTANCE_ID),
    ),
    "ecr:GetAuthorizationToken": (
        "GetAuthorizationToken",
        lambda looks: looks.images.may_log_in(),
    ),
    "dynamodb:GetItem": ("GetItem", lambda looks: looks.registry.row(INSTANCE_ID)),
}
each_call = pytest.mark.parametrize("action", sorted(ASKED))


def some_looks() -> AwsLooks:
    config = a_plain_config()
    return build_aws_looks(config, role_credentials, lambda: REGION, SystemClock())


@pytest.fixture
def looks(aws: LabAws, monkeypatch: pytest.MonkeyPatch) -> AwsLooks:
    point_at(aws.url, monkeypatch)
    return some_looks()


def failure_of(action: str, looks: AwsLooks) -> AgentError:
    with pytest.raises(AgentError) as failure:
        ASKED[action][1](looks)
    return failure.value


@each_call
def test_a_refusal_names_the_action(aws: LabAws, looks: AwsLooks, action: str) -> None:
    aws.faults.add(ASKED[action][0], code="AccessDenied", status=403)
    failure = failure_of(action, looks)
    assert (failure.code, failure.facts["iam_action"]) == ("aws_access_denied", action)


@each_call
def test_throttling_is_told_and_not_tried_again(aws: LabAws, looks: AwsLooks, action: str) -> None:
    aws.faults.add(ASKED[action][0], code="Throttling", status=400, times=1)
    assert failure_of(action, looks).code == "aws_throttled"
    assert [call[1] for call in aws.calls] == [ASKED[action][0]]


@each_call
def test_rejected_credentials_are_told_apart(aws: LabAws, looks: AwsLooks, action: str) -> None:
    aws.faults.add(ASKED[action][0], code="SignatureDoesNotMatch", status=403)
    assert failure_of(action, looks).code == "aws_credentials_rejected"


@each_call
def test_a_cut_line_is_unreachable(aws: LabAws, looks: AwsLooks, action: str) -> None:
    aws.faults.add(ASKED[action][0], drop=True)
    assert failure_of(action, looks).code in {"aws_unreachable", "aws_call_failed"}


GARBAGE = ("<html>", "[]", "<a/>", "", '{"a": ', "<!DOCTYPE a><a/>")


@pytest.mark.parametrize(
    ("action", "body"),
    # An empty answer of the JSON protocol is an empty object, which says that there is no row.
    [(a, b) for a in sorted(ASKED) for b in GARBAGE if (a, b) != ("dynamodb:GetItem", "")],
)
def test_garbage_is_an_error_of_ours(
    monkeypatch: pytest.MonkeyPatch, action: str, body: str
) -> None:
    with serving(lambda exchange: exchange.answer(200, body)) as server:
        point_at(server.url, monkeypatch)
        assert failure_of(action, some_looks()).code in {"aws_call_failed", "image_login_garbled"}


@pytest.mark.thorough
@each_call
def test_an_endpoint_that_says_nothing_is_given_up_in_two_seconds(
    monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    with silent_port() as port, ends_within(2.5):
        point_at(f"http://127.0.0.1:{port}", monkeypatch)
        assert failure_of(action, some_looks()).code == "aws_unreachable"


@pytest.mark.thorough
def test_an_endpoint_that_never_ends_is_given_up_in_two_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def drip(exchange: Exchange) -> None:
        exchange.start(200)
        while exchange.hold(0.1):
            exchange.write("<")

    with serving(drip) as server, ends_within(2.5):
        point_at(server.url, monkeypatch)
        failure = failure_of("sts:GetCallerIdentity", some_looks())
    assert "no answer from sts in time" in str(failure)


def test_nobody_there_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(f"http://127.0.0.1:{closed_port()}", monkeypatch)
    assert failure_of("sts:GetCallerIdentity", some_looks()).code == "aws_unreachable"


def test_sts_says_who_we_are(aws: LabAws, looks: AwsLooks) -> None:
    found = looks.standing.caller()
    assert isinstance(found, Caller)
    assert (found.account_id, found.arn.startswith("arn:aws:sts::")) == (aws.account_id, True)


def test_a_volume_that_is_well_has_nothing_to_say(aws: LabAws, looks: AwsLooks) -> None:
    stack = provision(aws, Plan())
    assert looks.volumes.health(stack.volume_id) == VolumeHealth(status="ok")


def test_an_impaired_volume_says_what_is_wrong(aws: LabAws, looks: AwsLooks) -> None:
    stack = provision(aws, Plan())
    aws.volume_healths[stack.volume_id] = records.VolumeHealth(
        status="impaired", io_enabled="failed", io_performance="stalled", event="Look at <it>"
    )
    assert looks.volumes.health(stack.volume_id) == VolumeHealth(
        status="impaired",
        details=("io-enabled: failed", "io-performance: stalled"),
        events=("potential-data-inconsistency: Look at <it>",),
    )


def test_of_a_volume_that_is_gone_nothing_is_told(looks: AwsLooks) -> None:
    assert looks.volumes.health("vol-0aaaaaaaaaaaaaaaa") is None


@pytest.mark.parametrize(
    ("code", "status", "may"),
    [("DryRunOperation", 412, True), ("UnauthorizedOperation", 403, False)],
)
def test_ec2_tells_by_a_dry_run_whether_a_call_is_allowed(
    aws: LabAws, looks: AwsLooks, code: str, status: int, *, may: bool
) -> None:
    aws.faults.add("DescribeSnapshots", code=code, status=status)
    assert looks.volumes.may("DescribeSnapshots") is may


def test_a_dry_run_that_fails_otherwise_is_an_error(aws: LabAws, looks: AwsLooks) -> None:
    aws.faults.add("DescribeSnapshots", code="RequestLimitExceeded", status=503)
    with pytest.raises(ExternalFailure) as failure:
        looks.volumes.may("DescribeSnapshots")
    assert failure.value.code == "aws_throttled"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("healthy", ""),
        ("unhealthy", "Target.FailedHealthChecks"),
        ("draining", "Target.DeregistrationInProgress"),
    ],
)
def test_a_target_s_state_comes_with_its_reason(
    aws: LabAws, looks: AwsLooks, state: str, reason: str
) -> None:
    aws.target_groups.register(ARN, INSTANCE_ID, state=state)
    if state == "draining":
        aws.target_groups.deregister(ARN, INSTANCE_ID)
    assert looks.standing.target(ARN, INSTANCE_ID) == TargetHealth(state=state, reason=reason)


def test_an_instance_that_is_no_target_is_unused(aws: LabAws, looks: AwsLooks) -> None:
    aws.target_groups.register(ARN, "i-0fedcba9876543210")
    assert looks.standing.target(ARN, INSTANCE_ID).state == "unused"


def test_a_target_group_that_is_not_there_is_a_mistake_of_the_configuration(
    looks: AwsLooks,
) -> None:
    with pytest.raises(ConfigError) as failure:
        looks.standing.target(ARN, INSTANCE_ID)
    assert failure.value.code == "target_group_missing"


def test_a_member_of_a_group_waits_for_its_hook(aws: LabAws, looks: AwsLooks) -> None:
    stack = provision(aws, Plan())
    waits = looks.standing.group_member(stack.instance_id)
    aws.pending_hooks.clear()
    assert waits == GroupMember(
        group=stack.group, lifecycle_state="Pending:Wait", health_status="HEALTHY"
    )
    serves = looks.standing.group_member(stack.instance_id)
    assert serves is not None
    assert serves.lifecycle_state == "InService"


def test_an_instance_in_no_group_has_no_place(looks: AwsLooks) -> None:
    assert looks.standing.group_member(INSTANCE_ID) is None


def test_a_row_is_read_consistently(aws: LabAws, looks: AwsLooks) -> None:
    table = make_registry_table(aws)
    item = {"instance_id": {"S": INSTANCE_ID}, "status": {"S": "healthy"}}
    aws.client("dynamodb").put_item(TableName=table, Item=item)
    assert looks.registry.row(INSTANCE_ID) == {"instance_id": INSTANCE_ID, "status": "healthy"}
    assert looks.registry.row("i-0fedcba9876543210") is None
