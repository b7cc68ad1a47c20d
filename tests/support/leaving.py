"""A replica that is up on an emulated instance, and those who may end it."""

from __future__ import annotations

import json
from typing import Any

import docker

from ladybug_lab.agent_process import AgentRun, run_agent
from ladybug_lab.instance import LabInstance
from support.booting import boot

HOOK = "replica-leaves"
ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/replicas/0123456789abcdef"


def serving(
    instance: LabInstance, *, sections: dict[str, dict[str, Any]] | None = None, **drain: Any
) -> LabInstance:
    """Boot the replica, with a target group and a termination hook that waits."""
    settings = {"target_group_arn": ARN, "termination_hook": HOOK, "budget_s": 60} | drain
    instance.write_configuration(drain=settings, **(sections or {}))
    done = boot(instance)
    assert done.status == 0, done.events
    instance.aws.target_groups.register(ARN, instance.provisioned.instance_id)
    instance.aws.pending_hooks.add((instance.provisioned.group, HOOK))
    return instance


def agent(
    instance: LabInstance, verb: str, *arguments: str, timeout_s: float = 90, **environment: str
) -> AgentRun:
    """Run a verb of the agent on the instance to its end."""
    return run_agent(
        [verb, "--config", str(instance.config_file), "--format", "json", *arguments],
        instance.environment() | environment,
        timeout_s=timeout_s,
    )


def drain_record(instance: LabInstance) -> dict[str, Any]:
    text = (instance.state_directory / "drain.json").read_text(encoding="utf-8")
    record: dict[str, Any] = json.loads(text)
    return record


def step_of(record: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(step for step in record["steps"] if step["name"] == name)
    return found


def replace_by_hand(client: docker.DockerClient, name: str) -> None:
    """Put another container in the place of the agent's, as an operator in a hurry may."""
    ours = client.containers.get(name)
    image = ours.attrs["Image"]
    ours.remove(force=True)
    sleeps = ["python3", "-c", "import time; time.sleep(600)"]
    made = client.api.create_container(image, name=name, entrypoint=sleeps)
    client.api.start(made["Id"])
