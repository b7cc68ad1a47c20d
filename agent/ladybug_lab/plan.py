"""A deployed stack as one replica meets it: what is planned, and what is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from ladybug_lab.imds.content import InstanceFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to put there; the defaults are a stack in the middle of launching a sound replica."""

    environment: str = "lab"
    instance_type: str = "r7g.large"
    image_id: str = "ami-0123456789abcdef0"
    architecture: str = "arm64"
    device_name: str = "/dev/xvdf"
    attach: bool = True
    encrypted: bool = True
    volume_gib: int = 1
    throughput_mib_s: int = 250
    fast_restored: bool = False
    initialization_rate_mib_s: int | None = None
    snapshot_age: timedelta = timedelta()
    snapshot_tags: Mapping[str, str] = field(default_factory=lambda: {"DLMManaged": "true"})
    repository: str = "graph-api"
    table: str = "graph-lab-instance-registry"
    bucket: str = "ladybug-lab-maps"
    stack_name: str = "shared-replicas-lab"
    logical_resource_id: str = "ReplicaGroup"
    stack_in_progress: bool = True
    group: str = "shared-replicas-lab"
    hook: str = "replica-ready"
    hook_pending: bool = True
    role_name: str = "shared-replicas-lab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioned:
    """What is there now, by the names that a configuration or a test needs."""

    instance: InstanceFacts
    volume_id: str
    snapshot_id: str
    repository: str
    repository_uri: str
    ecr_password: str = field(repr=False)
    table: str
    bucket: str
    stack_name: str
    logical_resource_id: str
    group: str
    hook: str

    @property
    def instance_id(self) -> str:
        return self.instance.instance_id

    @property
    def account_id(self) -> str:
        return self.instance.account_id

    @property
    def region(self) -> str:
        return self.instance.region

    def facts(self) -> InstanceFacts:
        """What the instance's metadata service is to say."""
        return self.instance
