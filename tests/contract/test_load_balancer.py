"""The load balancer's target group, on the emulated one."""

from __future__ import annotations

import pytest

from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.load_balancer import TargetGroup
from ladybug_agent.errors import ConfigError, ExternalFailure
from ladybug_lab.aws.server import LabAws

INSTANCE_ID = "i-0123456789abcdef0"
ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/replicas/0123456789abcdef"


@pytest.fixture
def group(aws: LabAws, clients: AwsClients) -> TargetGroup:
    aws.target_groups.register(ARN, INSTANCE_ID)
    return TargetGroup(clients, ARN, lambda: INSTANCE_ID)


def test_a_target_leaves_by_way_of_draining(aws: LabAws, group: TargetGroup) -> None:
    aws.target_groups.deregistration_delay_s = 60.0
    assert group.target_state() == "healthy"
    group.deregister()
    assert group.target_state() == "draining"
    aws.target_groups.deregistration_delay_s = 0.0
    group.deregister()
    assert group.target_state() == "unused"


def test_a_target_that_nobody_registered_is_unused(aws: LabAws, clients: AwsClients) -> None:
    aws.target_groups.register(ARN, "i-0fedcba9876543210")
    assert TargetGroup(clients, ARN, lambda: INSTANCE_ID).target_state() == "unused"


def test_a_target_is_registered_again(group: TargetGroup, aws: LabAws) -> None:
    aws.target_groups.deregistration_delay_s = 0.0
    group.deregister()
    group.register()
    assert group.target_state() == "initial"


def test_a_group_that_is_not_there_is_a_mistake_of_the_configuration(
    aws: LabAws, clients: AwsClients
) -> None:
    del aws
    with pytest.raises(ConfigError) as failure:
        TargetGroup(clients, ARN, lambda: INSTANCE_ID).target_state()
    assert failure.value.code == "target_group_missing"


def test_a_call_is_tried_once(group: TargetGroup, aws: LabAws) -> None:
    aws.faults.add("DescribeTargetHealth", code="Throttling", status=400)
    with pytest.raises(ExternalFailure) as failure:
        group.target_state()
    assert failure.value.code == "aws_throttled"
    assert len(aws.calls) == 1
