"""The adapters of the operator tools, call by call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from fakes.clock import FakeClock
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import Busy, ConfigError, ExternalFailure
from ladybug_fleet.fleet.autoscaling import AutoScaling
from ladybug_fleet.rolling.autoscaling import InstanceRefreshes
from ladybug_fleet.rolling.model import Manner
from ladybug_fleet.snapshots.ec2 import Ec2Snapshots
from ladybug_fleet.stacks.cloudformation import CloudFormation
from ladybug_fleet.stacks.deployment import Audience, deploy
from ladybug_fleet.stacks.model import Deployed, Request, Template
from ladybug_lab.aws.server import LabAws
from ladybug_lab.aws.stack_state import Step

GROUP = "replicas"
TEMPLATE = {"LaunchTemplateId": "lt-0123456789abcdef0", "Version": "3"}
MANNER = Manner(
    checkpoints=(),
    checkpoint_delay_s=0,
    min_healthy_percent=100,
    max_healthy_percent=150,
    bake_s=0,
    alarms=(),
    rollback=True,
    unready_s=300.0,
)


@pytest.fixture
def ec2() -> Iterator[Any]:
    client = boto3.client(
        "ec2", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    yield client
    client.close()


def test_every_page_of_this_accounts_snapshots_is_read_also_after_an_empty_one(ec2: Any) -> None:
    one = {
        "SnapshotId": "snap-1",
        "OwnerId": "1",
        "State": "completed",
        "StartTime": datetime(2026, 2, 6, tzinfo=UTC),
        "Encrypted": True,
    }
    asked = {
        "OwnerIds": ["self"],
        "Filters": [{"Name": "tag:Environment", "Values": ["prod"]}],
    }
    second = {**asked, "NextToken": "more"}
    with Stubber(ec2) as stub:
        stub.add_response("describe_snapshots", {"Snapshots": [], "NextToken": "more"}, asked)
        stub.add_response("describe_snapshots", {"Snapshots": [one]}, second)
        found = Ec2Snapshots(ec2, None).tagged({"Environment": "prod"})
        stub.assert_no_pending_responses()
    assert [(snapshot.snapshot_id, snapshot.tier) for snapshot in found] == [("snap-1", "standard")]


def deployed(aws: LabAws, *resources: str) -> tuple[Deployed, list[str]]:
    """Deploy a template with these topics, in no time."""
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {name: {"Type": "AWS::SNS::Topic"} for name in resources},
    }
    request = Request(stack="replicas", template=Template(body=json.dumps(template)))
    heard: list[str] = []
    audience = Audience(
        change=lambda change: heard.append(f"{change.action} {change.logical_id}"),
        event=lambda event: heard.append(event.status),
        note=heard.append,
    )
    stacks = CloudFormation(aws.client("cloudformation"))
    deadline = Deadline.after(600, FakeClock())
    return deploy(stacks, request, audience, dry_run=False, deadline=deadline), heard


def test_each_event_of_a_stack_is_told_once_and_in_order(aws: LabAws) -> None:
    aws.stacks.switched_on = True
    names = [f"Topic{number}" for number in range(5)]
    first, heard = deployed(aws, *names)
    assert first.outcome == "created"
    assert heard == [
        *(f"Add {name}" for name in names),
        *("CREATE_IN_PROGRESS", *["CREATE_COMPLETE"] * 6),
    ]
    assert deployed(aws, *names)[0].outcome == "unchanged"
    second, heard = deployed(aws, *names[1:])
    assert (second.outcome, heard[0]) == ("updated", "Remove Topic0")


@pytest.mark.thorough
def test_another_implementation_of_cloudformation_deploys_too(aws: LabAws) -> None:
    """Moto's: change sets that are ready at once, and a refusal where nothing would change."""
    assert deployed(aws, "Topic")[0].outcome == "created"
    assert deployed(aws, "Topic")[0].outcome == "unchanged"
    assert deployed(aws, "Topic", "Other")[0].outcome == "updated"
    resources = aws.client("cloudformation").describe_stack_resources(StackName="replicas")
    found = {one["LogicalResourceId"] for one in resources["StackResources"]}
    assert found == {"Topic", "Other"}


def test_finding_09_a_rollback_is_read_off_the_events(aws: LabAws) -> None:
    aws.stacks.scripts["replicas"] = (
        Step("CREATE_IN_PROGRESS"),
        Step("CREATE_FAILED", "Topic", reason="quota"),
        Step("ROLLBACK_IN_PROGRESS"),
        Step("ROLLBACK_COMPLETE"),
    )
    aws.stacks.switched_on = True
    with pytest.raises(ExternalFailure, match=r"Topic .* CREATE_FAILED: quota") as caught:
        deployed(aws, "Topic")
    assert caught.value.code == "stack_rolled_back"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ValidationError", "Rule SnapshotWanted failed: DataMode snapshot needs a SnapshotId"),
        ("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]"),
    ],
)
def test_what_cloudformation_does_not_take_is_a_matter_of_configuration_in_its_own_words(
    aws: LabAws, code: str, words: str
) -> None:
    aws.stacks.switched_on = True
    aws.faults.add("CreateChangeSet", code=code, message=words)
    with pytest.raises(ConfigError) as caught:
        deployed(aws, "Topic")
    assert (caught.value.code, words in str(caught.value)) == ("change_set_failed", True)


def test_a_group_of_mixed_instances_keeps_its_mixture_when_it_is_rolled(aws: LabAws) -> None:
    mixture = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": TEMPLATE,
            "Overrides": [{"InstanceType": "r7g.large"}, {"InstanceType": "r8g.large"}],
        },
        "InstancesDistribution": {"OnDemandBaseCapacity": 1},
    }
    aws.groups.add(GROUP, MinSize=1, MaxSize=2, DesiredCapacity=1, MixedInstancesPolicy=mixture)
    client = aws.client("autoscaling")
    assert AutoScaling(client, GROUP).group().template is not None
    refreshes = InstanceRefreshes(client, GROUP)
    refresh_id = refreshes.start("4", MANNER)
    (refresh,) = aws.groups.groups[GROUP].refreshes
    sent = refresh.configuration
    within = "MixedInstancesPolicy.LaunchTemplate"
    assert sent[f"{within}.LaunchTemplateSpecification.Version"] == "4"
    assert sent[f"{within}.Overrides.member.2.InstanceType"] == "r8g.large"
    assert sent["MixedInstancesPolicy.InstancesDistribution.OnDemandBaseCapacity"] == "1"
    assert refresh.refresh_id == refresh_id


def test_a_second_refresh_is_not_begun(aws: LabAws) -> None:
    aws.groups.add(GROUP, MinSize=1, MaxSize=2, DesiredCapacity=1, LaunchTemplate=TEMPLATE)
    refreshes = InstanceRefreshes(aws.client("autoscaling"), GROUP)
    refresh_id = refreshes.start("4", MANNER)
    with pytest.raises(Busy, match=refresh_id):
        refreshes.start("4", MANNER)


def test_a_refresh_is_rolled_back_or_cancelled_once(aws: LabAws) -> None:
    aws.groups.add(GROUP, MinSize=1, MaxSize=2, DesiredCapacity=1, LaunchTemplate=TEMPLATE)
    refreshes = InstanceRefreshes(aws.client("autoscaling"), GROUP)
    refresh_id = refreshes.start("4", MANNER)
    refreshes.roll_back()
    states = [refreshes.refresh(refresh_id).status for _ in range(2)]
    assert states == ["RollbackInProgress", "RollbackSuccessful"]
    refreshes.cancel()
    assert refreshes.refresh(refresh_id).status == "RollbackSuccessful"


def test_a_group_that_is_not_there_is_a_matter_of_configuration(aws: LabAws) -> None:
    with pytest.raises(ConfigError) as caught:
        AutoScaling(aws.client("autoscaling"), "none").group()
    assert caught.value.code == "fleet_group_missing"
