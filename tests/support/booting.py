"""Boot an emulated instance in a test, and look at what is left of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
from boto3.dynamodb.types import TypeDeserializer
from docker.models.containers import Container

from ladybug_lab.agent_process import AgentRun, run_agent
from ladybug_lab.instance import LabInstance


def boot(instance: LabInstance, *, timeout_s: float = 60, **environment: str) -> AgentRun:
    """Run `ladybug-agent bootstrap` on the instance to its end."""
    return run_agent(
        ["bootstrap", "--config", str(instance.config_file), "--format", "json"],
        instance.environment() | environment,
        timeout_s=timeout_s,
    )


def row_of(instance: LabInstance) -> dict[str, Any] | None:
    answer = instance.aws.client("dynamodb").get_item(
        TableName=instance.provisioned.table,
        Key={"instance_id": {"S": instance.provisioned.instance_id}},
    )
    item = answer.get("Item")
    if item is None:
        return None
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}


def record_of(instance: LabInstance) -> dict[str, Any]:
    text = (instance.state_directory / "bootstrap.json").read_text(encoding="utf-8")
    record: dict[str, Any] = json.loads(text)
    return record


@contextmanager
def engine() -> Iterator[docker.DockerClient]:
    client = docker.DockerClient(base_url="unix:///var/run/docker.sock", version="auto")
    try:
        yield client
    finally:
        client.close()


@contextmanager
def container_of(instance: LabInstance) -> Iterator[Container]:
    with engine() as client:
        yield client.containers.get(instance.order.container)


def container_status(instance: LabInstance) -> str:
    """Return `absent`, or what the engine says: `running`, `exited`, …."""
    with engine() as client:
        found = client.containers.list(all=True, filters={"name": f"^{instance.order.container}$"})
        return str(found[0].status) if found else "absent"


def mounted(instance: LabInstance) -> Mapping[str, str] | None:
    """Return the mount's source and options as the kernel has them, or None."""
    with Path("/proc/self/mounts").open(encoding="utf-8") as table:
        for line in table:
            source, target, filesystem, options, *_ = line.split()
            if target == str(instance.mount_point):
                return {"source": source, "filesystem": filesystem, "options": options}
    return None
