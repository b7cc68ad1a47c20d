"""All that the machine meets outside itself: metadata, AWS with S3, the image registry."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from boto3.dynamodb.types import TypeDeserializer

from ladybug_fleet.bundle.check import CheckedBundle
from ladybug_lab.aws.provision import provision
from ladybug_lab.aws.server import LabAws
from ladybug_lab.depot import DATABASE, REPOSITORY, Depot
from ladybug_lab.imds.server import LabImds
from ladybug_lab.plan import Plan, Provisioned
from ladybug_lab.toml import as_toml
from vm import lan
from vm.channel import VmError
from vm.user_data import user_data

PLAN = Plan(environment="vm", architecture="x86_64", instance_type="m7i.large")
BUNDLES = "artefacts"
POLL_S = 0.5
T = TypeVar("T")
Sections = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The stack that the machine is a part of, while a case runs."""

    aws: LabAws
    imds: LabImds
    depot: Depot
    provisioned: Provisioned
    bundle: CheckedBundle
    image: str = field(default="")
    """The container image by its digest, in the registry as the guest reaches it."""

    @property
    def bundle_uri(self) -> str:
        return f"s3://{self.provisioned.bucket}/{BUNDLES}/{self.bundle.filename}"

    def put_bundle(self, data: bytes) -> None:
        self.aws.client("s3").put_object(
            Bucket=self.provisioned.bucket, Key=f"{BUNDLES}/{self.bundle.filename}", Body=data
        )

    def configuration(self, changes: Sections | None = None) -> str:
        """Return the agent's configuration, with keys replaced section by section."""
        there = self.provisioned
        sections: Sections = {
            "instance": {"environment": PLAN.environment, "boot_timeout_s": 800},
            "data": {
                "databases": [DATABASE],
                "device_name": PLAN.device_name,
                # One container less to start on an emulated processor; the happy path has it.
                "open_check": False,
            },
            "container": {"image": self.image, "bind_address": "0.0.0.0"},  # noqa: S104
            "registry": {"table": there.table},
            "signals": {
                "stack_name": there.stack_name,
                "logical_resource_id": there.logical_resource_id,
                "auto_scaling_group": there.group,
                "launch_hook": there.hook,
            },
        }
        for name, section in (changes or {}).items():
            sections[name] = sections.get(name, {}) | section
        return as_toml(sections)

    def offer_user_data(
        self, changes: Sections | None = None, *, sha256: str = "", stub: str | None = None
    ) -> str:
        """Have metadata hand out the stub with the header of this stack."""
        there = self.provisioned
        variables = {
            "VERSION": self.bundle.version,
            "BUNDLE": self.bundle_uri,
            "SHA256": sha256 or self.bundle.sha256,
            "REGION": there.region,
            "STACK": there.stack_name,
            "RESOURCE": there.logical_resource_id,
            "GROUP": there.group,
            "HOOK": there.hook,
        }
        text = user_data(variables, self.configuration(changes), stub=stub)
        self.imds.facts = replace(self.imds.facts, user_data=text)
        return text

    def attach_another(self, device: str) -> str:
        """Have EC2 attach another volume of the same snapshot; return its id."""
        ec2, there = self.aws.client("ec2"), self.provisioned
        volume_id: str = ec2.create_volume(
            AvailabilityZone=there.instance.availability_zone,
            SnapshotId=there.snapshot_id,
            VolumeType="gp3",
            Encrypted=True,
        )["VolumeId"]
        ec2.attach_volume(VolumeId=volume_id, InstanceId=there.instance_id, Device=device)
        return volume_id

    def row(self) -> dict[str, Any]:
        """Return the registry's row of this instance; empty if it has none."""
        answer = self.aws.client("dynamodb").get_item(
            TableName=self.provisioned.table,
            Key={"instance_id": {"S": self.provisioned.instance_id}},
        )
        read = TypeDeserializer().deserialize
        return {name: read(value) for name, value in answer.get("Item", {}).items()}

    def signalled(self) -> list[str]:
        return [one.status for one in self.aws.signals if one.accepted]

    def completed(self) -> list[str]:
        return [one.result for one in self.aws.lifecycle_results if one.accepted]


@contextmanager
def surroundings(
    depot: Depot, bundle: CheckedBundle, *, plan: Plan = PLAN
) -> Iterator[Surroundings]:
    """Set a stack up that has just launched the instance."""
    with LabAws(port=lan.AWS_PORT) as aws:
        there = provision(aws, plan)
        facts = replace(there.facts(), private_ip=lan.GUEST, mac=lan.MAC)
        with LabImds(facts, host=lan.METADATA, port=lan.METADATA_PORT) as imds:
            found = Surroundings(
                aws=aws,
                imds=imds,
                depot=depot,
                provisioned=there,
                bundle=bundle,
                image=f"{lan.GATEWAY}:{lan.REGISTRY_PORT}/{REPOSITORY}@{depot.digest}",
            )
            found.put_bundle(bundle.data)
            found.offer_user_data()
            yield found


def await_(
    what: str, look: Callable[[], T], *, within_s: float, unless: Callable[[], str] = str
) -> T:
    """Look until there is something; give up at once where `unless` says why."""
    give_up = time.monotonic() + within_s
    while not (found := look()):
        if reason := unless():
            told = f"{what}: {reason}"
            raise VmError(told)
        if time.monotonic() > give_up:
            told = f"{what} did not come within {within_s:g} s"
            raise VmError(told)
        time.sleep(POLL_S)
    return found
