"""The templates made by moto's CloudFormation, which resolves them by itself."""

from __future__ import annotations

import ast
import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from ladybug_lab.aws.server import LabAws
from support.cloudformation import STACK, Stack
from support.embedded import TEMPLATES
from support.replica_stack import FIRST, GROUP, PARAMETERS, agent_policy, replica_stack, user_data

# Of some kinds of resources (alarms, policies of topics, lifecycle policies) moto makes nothing.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse")


@pytest.fixture(scope="module")
def server() -> Iterator[LabAws]:
    with LabAws() as running:
        yield running


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account with a network and a snapshot, to make stacks in."""

    aws: LabAws

    def make(self, template: str, name: str, parameters: dict[str, str | list[str]]) -> None:
        self.aws.client("cloudformation").create_stack(
            StackName=name,
            TemplateBody=(TEMPLATES / f"{template}.yaml").read_text(encoding="utf-8"),
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[
                {
                    "ParameterKey": key,
                    "ParameterValue": ",".join(value) if isinstance(value, list) else value,
                }
                for key, value in parameters.items()
            ],
        )

    def outputs(self, name: str) -> dict[str, str]:
        (stack,) = self.aws.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    def placed(self) -> dict[str, str | list[str]]:
        """Return the parameters of a deployment into this account."""
        ec2 = self.aws.client("ec2")
        volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=10, Encrypted=True)
        return PARAMETERS | {
            "VpcId": ec2.describe_vpcs()["Vpcs"][0]["VpcId"],
            "SubnetIds": [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"][:2]],
            "SnapshotId": ec2.create_snapshot(VolumeId=volume["VolumeId"])["SnapshotId"],
        }

    def resource(self, logical_id: str) -> str:
        # Asked for one resource, moto fails at the first that it made nothing of.
        listed = self.aws.client("cloudformation").describe_stack_resources(StackName=STACK)
        made = {
            one.get("LogicalResourceId"): one.get("PhysicalResourceId")
            for one in listed["StackResources"]
        }
        return str(made[logical_id])

    def resolved(self, stack: Stack) -> Stack:
        """Return the stack with the names that moto made up for its resources."""
        made = {name: self.resource(name) for name in ("Topic", "TargetGroup")}
        return replace(stack, known={**stack.known, **made})


@pytest.fixture
def account(server: LabAws) -> Account:
    server.reset()
    return Account(aws=server)


def launch_data(account: Account) -> dict[str, Any]:
    versions = account.aws.client("ec2").describe_launch_template_versions(
        LaunchTemplateId=account.resource("Template")
    )
    found: dict[str, Any] = versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    return found


def test_the_registry_is_made(account: Account) -> None:
    account.make("registry", "registry", {"TableName": "rows"})
    table = account.aws.client("dynamodb").describe_table(TableName="rows")["Table"]
    assert account.outputs("registry")["TableName"] == "rows"
    assert len(table["GlobalSecondaryIndexes"]) == 3


def test_documents_and_snapshot_policy_are_made(account: Account) -> None:
    account.make("ssm", "ssm", {})
    account.make("snapshots", "snapshots", {"Environment": "prod"})
    assert account.outputs("ssm")["Drain"] == "ladybug-drain"
    ssm = account.aws.client("ssm")
    names = {one["Name"] for one in ssm.list_documents()["DocumentIdentifiers"]}
    assert names >= {
        "ladybug-diagnose",
        "ladybug-drain",
        "ladybug-refresh",
        "ladybug-snapshot-prod",
    }


def test_the_replica_stack_is_made_and_launches_its_instances(account: Account) -> None:
    account.make("replicas", STACK, account.placed())
    assert account.outputs(STACK)["GroupName"] == GROUP
    (group,) = account.aws.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    assert len(group["Instances"]) == 2
    data = launch_data(account)
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    assert len(data["BlockDeviceMappings"]) == 2


def test_finding_01_a_first_deployment_is_made_without_a_snapshot(account: Account) -> None:
    account.make("replicas", STACK, account.placed() | FIRST)
    assert [one["DeviceName"] for one in launch_data(account)["BlockDeviceMappings"]] == [
        "/dev/xvda"
    ]


def test_moto_resolves_the_policy_as_these_tests_do(account: Account) -> None:
    """What is enforced on a boot is what CloudFormation would give the role."""
    account.make("replicas", STACK, account.placed())
    role = account.resource("Role")
    document = account.aws.client("iam").get_role_policy(RoleName=role, PolicyName="agent")
    theirs = ast.literal_eval(document["PolicyDocument"])  # moto keeps it as Python writes it
    ours = agent_policy(account.resolved(replica_stack()))
    assert ours == theirs


def test_moto_resolves_the_user_data_as_these_tests_do(account: Account) -> None:
    placed = account.placed()
    account.make("replicas", STACK, placed)
    ours = user_data(account.resolved(replica_stack(**placed)))
    assert base64.b64decode(launch_data(account)["UserData"]).decode() == ours
