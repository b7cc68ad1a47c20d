"""What `provision` leaves in the emulated AWS, as real boto3 clients see it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ladybug_lab.aws.provision import Plan, provision
from ladybug_lab.aws.server import LabAws


@pytest.fixture(scope="module")
def server() -> Iterator[LabAws]:
    with LabAws() as running:
        yield running


@pytest.fixture
def aws(server: LabAws) -> LabAws:
    server.reset()
    return server


def test_the_provisioned_data_volume_is_found_by_its_instance(aws: LabAws) -> None:
    stack = provision(aws, Plan(volume_gib=7))
    volumes = aws.client("ec2").describe_volumes(
        Filters=[
            {"Name": "attachment.instance-id", "Values": [stack.instance_id]},
            {"Name": "attachment.device", "Values": ["/dev/xvdf"]},
        ]
    )["Volumes"]
    assert [(v["VolumeId"], v["SnapshotId"], v["Encrypted"], v["Size"]) for v in volumes] == [
        (stack.volume_id, stack.snapshot_id, True, 7)
    ]


def test_a_plan_may_leave_the_volume_detached_and_plain(aws: LabAws) -> None:
    stack = provision(aws, Plan(attach=False, encrypted=False))
    volume = aws.client("ec2").describe_volumes(VolumeIds=[stack.volume_id])["Volumes"][0]
    assert (volume["State"], volume["Encrypted"]) == ("available", False)
    assert "ebs1" not in stack.facts().block_devices


def test_a_plan_may_age_the_snapshot(aws: LabAws) -> None:
    stack = provision(aws, Plan(snapshot_age=timedelta(days=9)))
    found = aws.client("ec2").describe_snapshots(SnapshotIds=[stack.snapshot_id])["Snapshots"][0]
    assert datetime.now(UTC) - found["StartTime"] >= timedelta(days=9)
    assert {"Key": "DLMManaged", "Value": "true"} in found["Tags"]


def test_the_provisioned_registry_answers_by_status(aws: LabAws) -> None:
    stack = provision(aws, Plan())
    dynamodb = aws.client("dynamodb")
    row = {"instance_id": {"S": "i-1"}, "status": {"S": "healthy"}, "database_count": {"N": "1"}}
    dynamodb.put_item(TableName=stack.table, Item=row)
    found = dynamodb.query(
        TableName=stack.table,
        IndexName="status-database-count-index",
        KeyConditionExpression="#status = :healthy",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":healthy": {"S": "healthy"}},
    )
    assert found["Items"] == [row]


def test_the_provisioned_stack_and_hook_are_waiting(aws: LabAws) -> None:
    stack = provision(aws, Plan())
    aws.client("cloudformation").signal_resource(
        StackName=stack.stack_name,
        LogicalResourceId=stack.logical_resource_id,
        UniqueId=stack.instance_id,
        Status="SUCCESS",
    )
    aws.client("autoscaling").complete_lifecycle_action(
        AutoScalingGroupName=stack.group,
        LifecycleHookName=stack.hook,
        LifecycleActionResult="CONTINUE",
        InstanceId=stack.instance_id,
    )
    assert (aws.signals[0].accepted, aws.lifecycle_results[0].accepted) == (True, True)


def test_a_plan_may_have_nothing_waiting(aws: LabAws) -> None:
    provision(aws, Plan(stack_in_progress=False, hook_pending=False))
    assert (aws.stacks_in_progress, aws.pending_hooks) == (set(), set())


def test_the_registry_password_is_the_one_in_the_token(aws: LabAws) -> None:
    stack = provision(aws, Plan())
    data = aws.client("ecr").get_authorization_token()["authorizationData"][0]
    pair = base64.b64decode(data["authorizationToken"]).decode()
    assert pair == f"AWS:{stack.ecr_password}"
    assert data["proxyEndpoint"] == f"https://{stack.repository_uri.partition('/')[0]}"


def test_the_facts_of_the_provisioned_instance_are_those_of_ec2(aws: LabAws) -> None:
    facts = provision(aws, Plan()).facts()
    found = aws.client("ec2").describe_instances(InstanceIds=[facts.instance_id])
    instance = found["Reservations"][0]["Instances"][0]
    assert (facts.private_ip, facts.private_dns) == (
        instance["PrivateIpAddress"],
        instance["PrivateDnsName"],
    )
    assert (facts.vpc_id, facts.region) == (instance["VpcId"], "us-east-1")
    assert facts.block_devices == {"ami": "xvda", "root": "/dev/xvda", "ebs1": "xvdf"}
