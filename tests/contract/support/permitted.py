"""What the agent does with each permission of its role: the adapters' own calls, one for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contract.support.aws import REGION, role_credentials
from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.aws_errors import aws_errors
from ladybug_agent.adapters.dynamodb import BotoDynamoDb
from ladybug_agent.adapters.ec2 import BotoEc2
from ladybug_agent.adapters.ecr import BotoEcr
from ladybug_agent.adapters.instance_table import InstanceTable
from ladybug_agent.adapters.lean.aws import LeanAws
from ladybug_agent.adapters.lean.cloud import LeanCloud
from ladybug_agent.adapters.lifecycle_hook import GroupHook
from ladybug_agent.adapters.load_balancer import TargetGroup
from ladybug_agent.adapters.s3 import S3MapStore
from ladybug_agent.adapters.signals import StackSignal
from ladybug_agent.clock import SystemClock
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model import SignalOutcome
from ladybug_agent.ports.registry import Row
from ladybug_lab.aws.provision import provision
from ladybug_lab.aws.server import LabAws
from ladybug_lab.plan import Plan, Provisioned
from support.cloudformation import STACK
from support.replica_stack import GROUP, LOG_GROUP, PARAMETERS, TARGET_GROUP, TOPIC

LAUNCH_HOOK = "replica-ready"
BUNDLE = "ladybug-agent/1.0.0/ladybug-agent-1.0.0.tar.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """An instance in the deployed stack, and the agent's clients there."""

    aws: LabAws
    clients: AwsClients
    there: Provisioned

    @property
    def instance_id(self) -> str:
        return self.there.instance_id

    def ec2(self) -> BotoEc2:
        return BotoEc2(self.clients)

    def table(self) -> InstanceTable:
        return InstanceTable(BotoDynamoDb(self.clients, "once"), self.there.table)

    def cloud(self) -> LeanCloud:
        return LeanCloud(LeanAws(role_credentials, REGION, SystemClock()), self.there.table)

    def hook(self) -> GroupHook:
        return GroupHook(self.clients, GROUP, LAUNCH_HOOK, lambda: self.instance_id)

    def target(self) -> TargetGroup:
        return TargetGroup(self.clients, TARGET_GROUP, lambda: self.instance_id)

    def maps(self) -> S3MapStore:
        return S3MapStore(
            self.clients,
            self.there.bucket,
            "hot-maps",
            owner=self.there.account_id,
            most_bytes=1024,
        )

    def row(self) -> Row:
        return {
            "instance_id": self.instance_id,
            "registration_id": "r",
            "boot_id": "b",
            "booted_at": 1,
            "write_id": "w",
        }


def surround(aws: LabAws, clients: AwsClients) -> Surroundings:
    """Make what the stack makes, by the names that its parameters have."""
    there = provision(
        aws,
        Plan(
            group=GROUP,
            hook=LAUNCH_HOOK,
            stack_name=STACK,
            table=str(PARAMETERS["RegistryTable"]),
            bucket=str(PARAMETERS["MapsBucket"]),
        ),
    )
    aws.client("logs").create_log_group(logGroupName=LOG_GROUP)
    aws.client("logs").create_log_stream(logGroupName=LOG_GROUP, logStreamName=there.instance_id)
    aws.client("sns").create_topic(Name=TOPIC.rpartition(":")[2])
    bundles, maps = str(PARAMETERS["BundleBucket"]), aws.client("s3")
    maps.create_bucket(Bucket=bundles)
    maps.put_object(Bucket=bundles, Key=BUNDLE, Body=b"bundle")
    maps.put_object(Bucket=there.bucket, Key="hot-maps/known.hotmap", Body=b"map")
    aws.target_groups.register(TARGET_GROUP, there.instance_id)
    return Surroundings(aws=aws, clients=clients, there=there)


def fetch_bundle(there: Surroundings) -> Any:
    """As `aws s3 cp` does for the stub, which comes before any agent."""
    s3, what = there.clients.client("s3"), {"Bucket": PARAMETERS["BundleBucket"], "Key": BUNDLE}
    with aws_errors("s3:GetObject"), s3.get_object(**what)["Body"] as body:
        return body.read()


def look_at_group(there: Surroundings) -> object:
    """As `diagnose` does."""
    with aws_errors("autoscaling:DescribeAutoScalingInstances"):
        return there.clients.client("autoscaling").describe_auto_scaling_instances(
            InstanceIds=[there.instance_id]
        )


def told(outcome: SignalOutcome) -> None:
    """Raise what a signal only tells of."""
    if outcome.verdict == "failed":
        code, _, message = outcome.detail.partition(": ")
        raise ExternalFailure(code, message, hint="")


# By the statement and the action that a call needs.
CALLS: dict[tuple[str, str], Callable[[Surroundings], object]] = {
    ("Volume", "ec2:DescribeVolumes"): lambda s: s.ec2().attached_volumes(s.instance_id),
    ("Volume", "ec2:DescribeSnapshots"): lambda s: s.ec2().snapshot(s.there.snapshot_id),
    ("Volume", "ec2:DescribeVolumeStatus"): lambda s: s.ec2().initialization(s.there.volume_id),
    ("ImageLogin", "ecr:GetAuthorizationToken"): lambda s: BotoEcr(s.clients).login(),
    ("Registry", "dynamodb:GetItem"): lambda s: s.table().row(s.instance_id),
    ("Registry", "dynamodb:PutItem"): lambda s: s.table().put(s.row(), now=2),
    ("Registry", "dynamodb:UpdateItem"): lambda s: s.table().withdraw(
        s.instance_id, "r", reason_code="x"
    ),
    ("StackSignal", "cloudformation:SignalResource"): lambda s: told(
        StackSignal(s.clients, STACK, "ReplicaGroup", lambda: s.instance_id).signal(
            success=True, reason=""
        )
    ),
    ("Hooks", "autoscaling:CompleteLifecycleAction"): lambda s: told(s.hook().complete()),
    ("Hooks", "autoscaling:RecordLifecycleActionHeartbeat"): lambda s: told(s.hook().heartbeat()),
    ("GroupState", "autoscaling:DescribeAutoScalingInstances"): look_at_group,
    ("TargetState", "elasticloadbalancing:DescribeTargetHealth"): lambda s: (
        s.target().target_state()
    ),
    ("Target", "elasticloadbalancing:DeregisterTargets"): lambda s: s.target().deregister(),
    ("Target", "elasticloadbalancing:RegisterTargets"): lambda s: s.target().register(),
    ("Metrics", "logs:CreateLogStream"): lambda s: s.cloud().make_log_stream(
        LOG_GROUP, s.instance_id
    ),
    ("Metrics", "logs:PutLogEvents"): lambda s: s.cloud().put_log_events(
        LOG_GROUP, s.instance_id, [(1_770_379_200_000, "{}")]
    ),
    ("Alerts", "sns:Publish"): lambda s: s.cloud().notify(TOPIC, "subject", "message"),
    ("Bundle", "s3:GetObject"): fetch_bundle,
    ("HotMaps", "s3:GetObject"): lambda s: s.maps().load("known"),
    ("HotMaps", "s3:PutObject"): lambda s: s.maps().replace("new", b"map", version=None),
    ("HotMapsMissing", "s3:ListBucket"): lambda s: s.maps().load("none"),
    ("Replacement", "autoscaling:SetInstanceHealth"): lambda s: s.cloud().give_up_instance(
        s.instance_id
    ),
    ("Peers", "dynamodb:Scan"): lambda s: s.cloud().peers(),
}
