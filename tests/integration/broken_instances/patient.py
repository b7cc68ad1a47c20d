"""A replica that serves in the lab, broken and healed again and again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from boto3.dynamodb.types import TypeSerializer
from docker.models.containers import Container

from ladybug_lab.agent_process import AgentRun, run_agent
from ladybug_lab.aws.group_members import GroupMember
from ladybug_lab.imds.server import Credentials, InstanceFacts
from ladybug_lab.instance import LabInstance
from support.booting import boot, container_of, row_of
from support.leaving import ARN, HOOK

LEASE_S = 7200
"""Longer than all cases take, because no timer renews it."""
SECTIONS: Mapping[str, dict[str, Any]] = {
    "registry": {"lease_s": LEASE_S},
    "drain": {"target_group_arn": ARN, "termination_hook": HOOK},
}


@dataclass(slots=True)
class Patient:
    """The instance, and what is true of it while it is well."""

    instance: LabInstance
    facts: InstanceFacts
    row: dict[str, Any] = field(default_factory=dict)
    state: dict[Path, bytes] = field(default_factory=dict)

    @classmethod
    def admitted(cls, instance: LabInstance) -> Patient:
        """Boot the instance, and remember how it is then."""
        instance.write_configuration(**SECTIONS)
        patient = cls(instance=instance, facts=instance.imds.facts)
        patient.boot()
        return patient

    @property
    def instance_id(self) -> str:
        return self.instance.provisioned.instance_id

    @property
    def key(self) -> dict[str, dict[str, str]]:
        return {"instance_id": {"S": self.instance_id}}

    def boot(self) -> None:
        """Boot it again: what is right stays, what is not is made anew."""
        done = boot(self.instance)
        assert done.status == 0, done.events
        row = row_of(self.instance)
        assert row is not None
        self.row = row
        directory = self.instance.state_directory
        self.state = {path: path.read_bytes() for path in directory.iterdir() if path.is_file()}
        self.heal()

    def heal(self) -> None:
        """Put back all that can be put back at once."""
        instance, aws = self.instance, self.instance.aws
        aws.faults.clear()
        aws.set_clock(ahead_s=0.0)
        aws.volume_healths.clear()
        there = instance.provisioned
        aws.group_members[self.instance_id] = GroupMember(group=there.group, hook=there.hook)
        aws.pending_hooks.discard((there.group, there.hook))
        aws.target_groups.register(ARN, self.instance_id)
        instance.imds.faults.clear()
        instance.imds.facts, instance.imds.credentials = self.facts, Credentials()
        instance.write_configuration(**SECTIONS)
        for path in set(instance.state_directory.iterdir()) - set(self.state):
            if path.is_file():
                path.unlink()
        for path, content in self.state.items():
            path.write_bytes(content)
        self.write_row()

    def write_row(self, **changes: object) -> None:
        """Write the row as it was, with `changes`."""
        item = {**self.row, **changes}
        self.instance.aws.client("dynamodb").put_item(
            TableName=self.instance.provisioned.table,
            Item={name: TypeSerializer().serialize(value) for name, value in item.items()},
        )

    def delete_row(self) -> None:
        self.instance.aws.client("dynamodb").delete_item(
            TableName=self.instance.provisioned.table, Key=self.key
        )

    def configure(self, **changes: dict[str, Any]) -> None:
        """Change keys of the configuration, section by section."""
        names = {*SECTIONS, *changes}
        sections = {name: SECTIONS.get(name, {}) | changes.get(name, {}) for name in names}
        self.instance.write_configuration(**sections)

    def told_by_metadata(self, **changes: object) -> None:
        self.instance.imds.facts = replace(self.facts, **changes)  # type: ignore[arg-type]

    def spoil_state(self, name: str, **changes: object) -> None:
        """Change what a record in the state directory says."""
        path = self.instance.state_directory / name
        document = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps({**document, **changes}))

    @contextmanager
    def container(self) -> Iterator[Container]:
        with container_of(self.instance) as container:
            yield container

    def diagnose(self, *options: str, **environment: str) -> AgentRun:
        return run_agent(
            ["diagnose", "--config", str(self.instance.config_file), *options],
            self.instance.environment() | environment,
            timeout_s=40,
        )
