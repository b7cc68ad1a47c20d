"""Fills the emulated AWS with what a deployed stack would have put there around one replica."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.ec2.models import ec2_backends

from ladybug_lab.aws.group_members import GroupMember
from ladybug_lab.aws.server import LabAws, VolumeInitialization
from ladybug_lab.aws.stubs import registry_password
from ladybug_lab.imds.content import InstanceFacts
from ladybug_lab.plan import Plan, Provisioned

__all__ = ["Plan", "Provisioned", "provision"]

_ROOT_DEVICE = "/dev/xvda"
_MIB_PER_GIB = 1024
_UNNAMED_REGION = "us-east-1"  # S3 refuses to be told that a bucket is to be there
_REGISTRY_INDEXES = (
    ("status-database-count-index", "status", "database_count"),
    ("tier-status-index", "cluster_tier", "status"),
    ("backend-type-status-index", "backend_type", "status"),
)
_REGISTRY_KEY_TYPES = {
    "instance_id": "S",
    "status": "S",
    "database_count": "N",
    "cluster_tier": "S",
    "backend_type": "S",
}


def provision(aws: LabAws, plan: Plan) -> Provisioned:
    zone = f"{aws.region}a"
    instance = _launch_instance(aws, plan, zone)
    aws.managed_instances.add(instance["InstanceId"])
    snapshot_id = _take_snapshot(aws, plan, zone)
    volume_id = _create_volume(aws, plan, zone, snapshot_id)
    if plan.attach:
        aws.client("ec2").attach_volume(
            VolumeId=volume_id, InstanceId=instance["InstanceId"], Device=plan.device_name
        )
    _create_registry(aws, plan.table)
    _create_bucket(aws, plan.bucket)
    repository = aws.client("ecr").create_repository(repositoryName=plan.repository)
    if plan.stack_in_progress:
        aws.stacks_in_progress.add(plan.stack_name)
    if plan.hook_pending:
        aws.pending_hooks.add((plan.group, plan.hook))
    aws.group_members[instance["InstanceId"]] = GroupMember(group=plan.group, hook=plan.hook)
    return Provisioned(
        instance=_facts(aws, plan, instance),
        volume_id=volume_id,
        snapshot_id=snapshot_id,
        repository=plan.repository,
        repository_uri=repository["repository"]["repositoryUri"],
        ecr_password=registry_password(aws.account_id),
        table=plan.table,
        bucket=plan.bucket,
        stack_name=plan.stack_name,
        logical_resource_id=plan.logical_resource_id,
        group=plan.group,
        hook=plan.hook,
    )


def _launch_instance(aws: LabAws, plan: Plan, zone: str) -> dict[str, Any]:
    root = {"VolumeSize": 30, "VolumeType": "gp3", "Encrypted": plan.encrypted}
    reservation = aws.client("ec2").run_instances(
        ImageId=plan.image_id,
        InstanceType=plan.instance_type,
        MinCount=1,
        MaxCount=1,
        Placement={"AvailabilityZone": zone},
        BlockDeviceMappings=[{"DeviceName": _ROOT_DEVICE, "Ebs": root}],
        TagSpecifications=[{"ResourceType": "instance", "Tags": _tag_list(_instance_tags(plan))}],
    )
    instance: dict[str, Any] = reservation["Instances"][0]
    return instance


def _take_snapshot(aws: LabAws, plan: Plan, zone: str) -> str:
    """Snapshot a volume such as the shared master's, `snapshot_age` ago."""
    ec2 = aws.client("ec2")
    master = ec2.create_volume(
        AvailabilityZone=zone,
        Size=plan.volume_gib,
        VolumeType="gp3",
        Encrypted=plan.encrypted,
    )
    tags = _tag_list({"Environment": plan.environment, **plan.snapshot_tags})
    snapshot_id: str = ec2.create_snapshot(
        VolumeId=master["VolumeId"],
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": tags}],
    )["SnapshotId"]
    # No API makes an old snapshot; moto's own object is the only way.
    stored = ec2_backends[aws.account_id][aws.region].snapshots[snapshot_id]
    stored.start_time -= plan.snapshot_age
    return snapshot_id


def _create_volume(aws: LabAws, plan: Plan, zone: str, snapshot_id: str) -> str:
    volume_id: str = aws.client("ec2").create_volume(
        AvailabilityZone=zone,
        SnapshotId=snapshot_id,
        VolumeType="gp3",
        Throughput=plan.throughput_mib_s,
        Encrypted=plan.encrypted,
    )["VolumeId"]
    # Moto takes neither from a request, but shows what its object has.
    stored: Any = ec2_backends[aws.account_id][aws.region].volumes[volume_id]
    stored.fast_restored = plan.fast_restored
    stored.volume_initialization_rate = plan.initialization_rate_mib_s
    aws.volume_initializations[volume_id] = _initialization(plan)
    return volume_id


def _initialization(plan: Plan) -> VolumeInitialization:
    """Return how EC2 shows the volume in its first moment."""
    if plan.initialization_rate_mib_s is not None:  # which wins over a fast restore
        left_s = plan.volume_gib * _MIB_PER_GIB // plan.initialization_rate_mib_s
        return VolumeInitialization(kind="provisioned-rate", left_s=left_s)
    if plan.fast_restored:
        return VolumeInitialization(status="completed", progress=100)
    return VolumeInitialization()


def _create_bucket(aws: LabAws, bucket: str) -> None:
    if aws.region == _UNNAMED_REGION:
        aws.client("s3").create_bucket(Bucket=bucket)
    else:
        where = {"LocationConstraint": aws.region}
        aws.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=where)


def _create_registry(aws: LabAws, table: str) -> None:
    aws.client("dynamodb").create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": kind}
            for name, kind in _REGISTRY_KEY_TYPES.items()
        ],
        KeySchema=[{"AttributeName": "instance_id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": hash_key, "KeyType": "HASH"},
                    {"AttributeName": range_key, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, hash_key, range_key in _REGISTRY_INDEXES
        ],
    )


def _facts(aws: LabAws, plan: Plan, instance: dict[str, Any]) -> InstanceFacts:
    devices = {"ami": _short(_ROOT_DEVICE), "root": _ROOT_DEVICE}
    if plan.attach:
        devices["ebs1"] = _short(plan.device_name)
    return InstanceFacts(
        instance_id=instance["InstanceId"],
        account_id=aws.account_id,
        region=aws.region,
        availability_zone=instance["Placement"]["AvailabilityZone"],
        instance_type=plan.instance_type,
        image_id=plan.image_id,
        architecture=plan.architecture,
        private_ip=instance["PrivateIpAddress"],
        private_dns=instance["PrivateDnsName"],
        mac=instance["NetworkInterfaces"][0]["MacAddress"],
        vpc_id=instance["VpcId"],
        subnet_id=instance["SubnetId"],
        launch_time=instance["LaunchTime"],
        block_devices=devices,
        role_name=plan.role_name,
        # EC2 adds the group's tag by itself; an API call may not set a tag with this prefix.
        tags={**_instance_tags(plan), "aws:autoscaling:groupName": plan.group},
    )


def _instance_tags(plan: Plan) -> dict[str, str]:
    return {"Environment": plan.environment, "NodeType": "shared_replica"}


def _tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _short(device_name: str) -> str:
    """Metadata names a device as it was given in the mapping, most often without the folder."""
    return device_name.removeprefix("/dev/")
