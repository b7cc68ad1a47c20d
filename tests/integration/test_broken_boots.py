"""Boots that failed, by the faults of `test_faults`: the first line of `diagnose` says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integration.broken_instances.told import Told
from integration.test_faults import FAULTS
from ladybug_lab.agent_process import run_agent
from ladybug_lab.depot import Depot
from ladybug_lab.instance import LabInstance
from support.booting import boot

pytestmark = pytest.mark.integration

BOOT = "boot.outcome"
CAUSES = {
    "metadata does not answer": ("metadata.token", "http-endpoint"),
    "metadata refuses": ("metadata.token", "http-endpoint"),
    "metadata is garbled": ("metadata.identity", "metadata address"),
    "metadata answers nothing": ("metadata.identity", "metadata"),
    "the instance has no role": ("iam.credentials", "IamInstanceProfile"),
    "EC2 denies": ("iam.permissions", "iam: ec2:DescribeVolumes"),
    "EC2 throttles": ("volume.attachment", "quota"),
    "ECR denies": ("iam.permissions", "iam: ecr:GetAuthorizationToken"),
    "no volume is attached": ("volume.attachment", "BlockDeviceMappings"),
    "the volume is not encrypted": ("volume.attachment", "require_encryption"),
    "the disk never appears": ("volume.device", "dmesg"),
    "the volume is blank": (BOOT, "SnapshotId"),
    "the filesystem is another": (BOOT, "filesystem"),
    "the database is missing": (BOOT, "snapshot"),
    "the database is truncated": (BOOT, "snapshot"),
    "no such image": ("image.registry", "lifecycle policy"),
    "no such digest": ("image.registry", "lifecycle policy"),
    "the image registry is down": ("image.registry", "VPC endpoint"),
    "the container exits": (BOOT, "docker logs"),
    "the service answers 503 for ever": (BOOT, "docker logs"),
    "the registry denies": (BOOT, "dynamodb:PutItem"),
    "the registry throttles": (BOOT, "capacity"),
    "the registry's table is missing": (BOOT, "registry.table"),
}
"""Of a fault that `diagnose` cannot see without doing what the boot did, the boot's word counts."""


@pytest.mark.parametrize("name", CAUSES)
def test_a_boot_that_failed_is_explained(
    name: str, launched: Callable[..., LabInstance], depot: Depot
) -> None:
    fault, (root, remedy) = FAULTS[name], CAUSES[name]
    instance = launched(fault.plan)
    instance.write_configuration(**with_registry(fault.config, depot))
    fault.arrange(instance)
    assert boot(instance).status == fault.status
    command = ["diagnose", "--config", str(instance.config_file)]
    found = Told(run_agent(command, instance.environment(), timeout_s=40))
    assert (found.root, found.run.status) == (root, 1), found.text
    assert remedy in found.causes[root], found.text
    assert found.is_within_limits()


def test_an_instance_that_has_not_booted_is_told_to(instance: LabInstance) -> None:
    command = ["diagnose", "--config", str(instance.config_file)]
    found = Told(run_agent(command, instance.environment(), timeout_s=40))
    assert (found.root, found.run.status) == (BOOT, 1), found.text
    assert "bootstrap" in found.causes[BOOT]


def with_registry(config: dict[str, dict[str, Any]], depot: Depot) -> dict[str, dict[str, Any]]:
    """Put the depot's address into an image reference."""
    changes = {name: dict(section) for name, section in config.items()}
    if image := changes.get("container", {}).get("image"):
        changes["container"]["image"] = image.replace("{registry}", depot.registry.host)
    return changes
