"""What can be broken around a replica: metadata, time, network, permissions, volume, fleet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from contract.support.ports import closed_port
from integration.broken_instances.case import Act, Broken, nothing
from integration.broken_instances.patient import Patient
from ladybug_lab.aws.records import VolumeHealth
from support.leaving import ARN

NOWHERE = f"http://127.0.0.1:{closed_port()}"


def metadata(path: str = "/latest/", **fault: object) -> Act:
    return lambda p: p.instance.imds.faults.add(path, **fault)  # type: ignore[arg-type]


def refused(operation: str, code: str, status: int = 400) -> Act:
    return lambda p: p.instance.aws.faults.add(operation, code=code, status=status)


def row(**changes: object) -> Act:
    return lambda p: p.write_row(**changes)


def member(**changes: str) -> Act:
    def act(p: Patient) -> None:
        found = p.instance.aws.group_members[p.instance_id]
        p.instance.aws.group_members[p.instance_id] = replace(found, **changes)

    return act


def target(state: str) -> Act:
    return lambda p: p.instance.aws.target_groups.register(ARN, p.instance_id, state=state)


def volume(**health: str) -> Act:
    def act(p: Patient) -> None:
        there = p.instance.provisioned.volume_id
        p.instance.aws.volume_healths[there] = VolumeHealth(**health)  # type: ignore[arg-type]

    return act


def detach_volume(p: Patient) -> None:
    p.instance.aws.client("ec2").detach_volume(
        VolumeId=p.instance.provisioned.volume_id,
        InstanceId=p.instance_id,
        Device=p.instance.order.plan.device_name,
    )


def attach_volume(p: Patient) -> None:
    p.instance.aws.client("ec2").attach_volume(
        VolumeId=p.instance.provisioned.volume_id,
        InstanceId=p.instance_id,
        Device=p.instance.order.plan.device_name,
    )


def clock(ahead_s: float) -> Act:
    return lambda p: p.instance.aws.set_clock(ahead_s=ahead_s)


def expire_credentials(p: Patient) -> None:
    past = datetime.now(UTC) - timedelta(minutes=7)
    p.instance.imds.credentials = replace(p.instance.imds.credentials, expiration=past)


def announce_spot(p: Patient) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=90)
    p.told_by_metadata(spot_action=("terminate", soon))


def leave_group(p: Patient) -> None:
    del p.instance.aws.group_members[p.instance_id]


def leave_target_group(p: Patient) -> None:
    p.instance.aws.target_groups.deregistration_delay_s = 0.0
    p.instance.aws.target_groups.deregister(ARN, p.instance_id)


def keep_hook(p: Patient) -> None:
    there = p.instance.provisioned
    p.instance.aws.pending_hooks.add((there.group, there.hook))
    leave_target_group(p)


def drain_target(p: Patient) -> None:
    p.instance.aws.target_groups.deregistration_delay_s = 600.0
    p.instance.aws.target_groups.deregister(ARN, p.instance_id)


def drop_table(p: Patient) -> None:
    p.configure(registry={"table": "no-such-table"})


def broken(
    name: str, root: str, remedy: str, act: Act, *, heal: Callable[[Patient], object] = nothing
) -> Broken:
    return Broken(name=name, act=act, root=root, remedy=remedy, heal=heal)


METADATA = (
    broken("metadata is cut off", "metadata.token", "http-endpoint", metadata(drop=True)),
    broken("metadata refuses", "metadata.token", "MetadataOptions", metadata(status=403)),
    broken(
        "metadata says who we are in garbage",
        "metadata.identity",
        "metadata address",
        metadata("/latest/dynamic/", body="<html>"),
    ),
    broken(
        "no role",
        "iam.credentials",
        "IamInstanceProfile",
        lambda p: p.told_by_metadata(role_name=None),
    ),
    broken("old credentials", "iam.credentials", "role deleted", expire_credentials),
    broken(
        "a spot interruption",
        "lifecycle.departure",
        "watch",
        announce_spot,
    ),
    broken(
        "Auto Scaling's notice",
        "lifecycle.departure",
        "watch",
        lambda p: p.told_by_metadata(target_lifecycle_state="Terminated"),
    ),
)
NETWORK = (
    broken("a clock that is slow", "time.skew", "chronyc", clock(900.0)),
    broken("a clock that is fast", "time.skew", "chronyc", clock(-4000.0)),
    Broken(
        name="no way to AWS",
        environment={"AWS_ENDPOINT_URL": NOWHERE},
        root="network.endpoints",
        remedy="VPC endpoint",
    ),
    Broken(
        name="no way to DynamoDB",
        environment={"AWS_ENDPOINT_URL_DYNAMODB": NOWHERE},
        root="network.endpoints",
        remedy="describe-vpc-endpoints",
    ),
    Broken(
        name="no way to EC2",
        environment={"AWS_ENDPOINT_URL_EC2": NOWHERE},
        root="network.endpoints",
        remedy="describe-vpc-endpoints",
    ),
    Broken(
        name="no names",
        environment={"AWS_ENDPOINT_URL": "http://aws.invalid"},
        root="network.resolve",
        remedy="resolv.conf",
    ),
)
PERMISSIONS = (
    broken(
        "rejected credentials",
        "iam.identity",
        "clock",
        refused("*", "SignatureDoesNotMatch", 403),
    ),
    broken("everything denied", "iam.identity", "policy", refused("*", "AccessDenied", 403)),
    broken(
        "no right to the registry",
        "iam.permissions",
        "iam: dynamodb:GetItem",
        refused("GetItem", "AccessDeniedException"),
    ),
    broken(
        "no right to the target group",
        "iam.permissions",
        "iam: elasticloadbalancing:DescribeTargetHealth",
        refused("DescribeTargetHealth", "AccessDenied", 403),
    ),
    broken(
        "no right to pull",
        "iam.permissions",
        "iam: ecr:GetAuthorizationToken",
        refused("GetAuthorizationToken", "AccessDeniedException"),
    ),
    broken(
        "a throttled registry",
        "registry.row",
        "capacity",
        refused("GetItem", "ThrottlingException"),
    ),
)
VOLUME = (
    broken(
        "a detached volume",
        "volume.attachment",
        "replace the instance",
        detach_volume,
        heal=attach_volume,
    ),
    broken(
        "an impaired volume",
        "volume.status",
        "replace the instance",
        volume(status="impaired", io_enabled="failed"),
    ),
)
REGISTRY = (
    broken("a deleted row", "registry.row", "health-check", lambda p: p.delete_row()),
    broken("another table", "registry.row", "registry.table", drop_table),
    broken("a lease that ended", "registry.lease", "ladybug-health.timer", row(lease_expires_at=9)),
    broken(
        "another registration", "registry.fence", "second agent", row(registration_id="another")
    ),
    broken(
        "a row of an earlier boot",
        "registry.fence",
        "bootstrap",
        row(registration_id="older", boot_id="of-another-time"),
    ),
    broken(
        "a row that flaps",
        "registry.status",
        "health-check",
        row(status="unhealthy", reason_code="flapping"),
    ),
    broken("a row drained by hand", "registry.status", "by hand", row(status="draining")),
)
FLEET = (
    broken("a target that fails", "loadbalancer.target", "health.path", target("unhealthy")),
    broken("no target", "loadbalancer.target", "register-targets", leave_target_group),
    broken("a target that drains", "loadbalancer.target", "register-targets", drain_target),
    broken(
        "another target group",
        "loadbalancer.target",
        "target_group_arn",
        lambda p: p.configure(drain={"target_group_arn": ARN.replace("replicas", "others")}),
    ),
    broken("standby", "autoscaling.instance", "exit-standby", member(lifecycle_state="Standby")),
    broken(
        "given up by Auto Scaling",
        "autoscaling.instance",
        "describe-scaling-activities",
        member(health_status="UNHEALTHY"),
    ),
    broken("no group", "autoscaling.instance", "auto_scaling_group", leave_group),
    broken("a hook that waits", "autoscaling.instance", "complete-lifecycle-action", keep_hook),
)
CASES = (*METADATA, *NETWORK, *PERMISSIONS, *VOLUME, *REGISTRY, *FLEET)
