"""What instance metadata says about one instance: the facts, and the paths they are found at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

_ROLE_LIFETIME = timedelta(hours=6)


def _now() -> datetime:
    return datetime.now(UTC)


def _role_end() -> datetime:
    return _now() + _ROLE_LIFETIME


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceFacts:
    """One instance as its metadata describes it; the defaults are a plausible replica."""

    instance_id: str = "i-0123456789abcdef0"
    account_id: str = "123456789012"
    region: str = "us-east-1"
    availability_zone: str = "us-east-1a"
    instance_type: str = "r7g.large"
    image_id: str = "ami-0123456789abcdef0"
    architecture: str = "arm64"
    private_ip: str = "10.0.16.10"
    private_dns: str = "ip-10-0-16-10.ec2.internal"
    mac: str = "0e:12:34:56:78:9a"
    vpc_id: str = "vpc-0123456789abcdef0"
    subnet_id: str = "subnet-0123456789abcdef0"
    launch_time: datetime = field(default_factory=_now)
    block_devices: Mapping[str, str] = field(
        default_factory=lambda: {"ami": "xvda", "root": "/dev/xvda", "ebs1": "xvdf"}
    )
    role_name: str | None = "ladybug-shared-replica"
    tags: Mapping[str, str] = field(default_factory=dict)
    target_lifecycle_state: str | None = None
    spot_action: tuple[str, datetime] | None = None
    """What EC2 does (`terminate`, `stop`) and when, once it takes a spot instance back."""
    rebalance_at: datetime | None = None
    events: tuple[Mapping[str, str], ...] = ()
    """Scheduled events, with the keys that EC2 gives them (`Code`, `NotBefore`, `State`, …)."""
    user_data: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Role credentials as metadata hands them out; made up, and good for six hours."""

    access_key_id: str = "ASIALADYBUGLAB000000"
    secret_access_key: str = field(default="made-up-secret-access-key", repr=False)
    token: str = field(default="made-up-session-token", repr=False)
    last_updated: datetime = field(default_factory=_now)
    expiration: datetime = field(default_factory=_role_end)


def content(facts: InstanceFacts, credentials: Credentials) -> dict[str, str]:
    """Every path below `/latest/` that has a value. A directory is any prefix of these paths."""
    interface = f"network/interfaces/macs/{facts.mac}"
    meta_data = {
        "ami-id": facts.image_id,
        "instance-id": facts.instance_id,
        "instance-type": facts.instance_type,
        "local-hostname": facts.private_dns,
        "local-ipv4": facts.private_ip,
        "mac": facts.mac,
        "placement/availability-zone": facts.availability_zone,
        "placement/region": facts.region,
        f"{interface}/device-number": "0",
        f"{interface}/local-ipv4s": facts.private_ip,
        f"{interface}/subnet-id": facts.subnet_id,
        f"{interface}/vpc-id": facts.vpc_id,
    }
    for name, device in facts.block_devices.items():
        meta_data[f"block-device-mapping/{name}"] = device
    for key, value in facts.tags.items():
        meta_data[f"tags/instance/{key}"] = value
    if facts.role_name is not None:
        meta_data["iam/info"] = _instance_profile(facts, facts.role_name, credentials)
        meta_data[f"iam/security-credentials/{facts.role_name}"] = _role_document(credentials)
    if facts.target_lifecycle_state is not None:
        meta_data["autoscaling/target-lifecycle-state"] = facts.target_lifecycle_state
    meta_data |= _notices(facts)
    paths = {f"meta-data/{path}": value for path, value in meta_data.items()}
    paths["dynamic/instance-identity/document"] = _identity_document(facts)
    if facts.user_data is not None:
        paths["user-data"] = facts.user_data
    return paths


def _notices(facts: InstanceFacts) -> dict[str, str]:
    """What is announced; a path of which nothing is announced answers 404."""
    found = {}
    if facts.spot_action is not None:
        action, moment = facts.spot_action
        document = {"action": action, "time": _timestamp(moment)}
        found["spot/instance-action"] = json.dumps(document)
    if facts.rebalance_at is not None:
        moment_text = _timestamp(facts.rebalance_at)
        found["events/recommendations/rebalance"] = json.dumps({"noticeTime": moment_text})
    if facts.events:
        found["events/maintenance/scheduled"] = json.dumps([dict(e) for e in facts.events])
    return found


def listing(paths: Mapping[str, str], directory: str) -> list[str]:
    """The names in `directory` (which ends with a slash), subdirectories with a slash; or none."""
    names = set()
    for path in paths:
        if path.startswith(directory):
            name, slash, _ = path.removeprefix(directory).partition("/")
            names.add(name + slash)
    return sorted(names)


def _identity_document(facts: InstanceFacts) -> str:
    document = {
        "accountId": facts.account_id,
        "architecture": facts.architecture,
        "availabilityZone": facts.availability_zone,
        "billingProducts": None,
        "devpayProductCodes": None,
        "marketplaceProductCodes": None,
        "imageId": facts.image_id,
        "instanceId": facts.instance_id,
        "instanceType": facts.instance_type,
        "kernelId": None,
        "pendingTime": _timestamp(facts.launch_time),
        "privateIp": facts.private_ip,
        "ramdiskId": None,
        "region": facts.region,
        "version": "2017-09-30",
    }
    return json.dumps(document, indent=2, separators=(",", " : "))


def _role_document(credentials: Credentials) -> str:
    document = {
        "Code": "Success",
        "LastUpdated": _timestamp(credentials.last_updated),
        "Type": "AWS-HMAC",
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "Token": credentials.token,
        "Expiration": _timestamp(credentials.expiration),
    }
    return json.dumps(document, indent=2, separators=(",", " : "))


def _instance_profile(facts: InstanceFacts, role_name: str, credentials: Credentials) -> str:
    document = {
        "Code": "Success",
        "LastUpdated": _timestamp(credentials.last_updated),
        "InstanceProfileArn": f"arn:aws:iam::{facts.account_id}:instance-profile/{role_name}",
        "InstanceProfileId": "AIPALADYBUGLAB000000",
    }
    return json.dumps(document, indent=2, separators=(",", " : "))


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
