"""A replica of the deployed stack on the lab's emulated instance: its configuration, its verbs."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ladybug_lab.agent_process import AgentRun, run_agent
from ladybug_lab.aws.policy import Document
from ladybug_lab.aws.stubs import registry_password
from ladybug_lab.depot import ACCOUNT_ID, ECR_USER
from ladybug_lab.instance import LabInstance
from ladybug_lab.plan import Plan
from support.booting import container_of, engine, row_of
from support.checking import Checked, check
from support.cloudformation import STACK
from support.ecr_front import EcrFront
from support.leaving import agent
from support.replica_stack import (
    GROUP,
    LOG_GROUP,
    PARAMETERS,
    TARGET_GROUP,
    TOPIC,
    configuration,
    replica_stack,
)
from support.variants import publish_variant

LAUNCH_HOOK, TERMINATION_HOOK = "replica-ready", "replica-drained"
PLAN = Plan(
    group=GROUP,
    hook=LAUNCH_HOOK,
    stack_name=STACK,
    table=str(PARAMETERS["RegistryTable"]),
    bucket=str(PARAMETERS["MapsBucket"]),
)
LONG_DEREGISTRATION_S = 8.0
"""Longer than the heartbeats of a hook are apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackLife:
    """An instance of the stack, and where its images come from."""

    instance: LabInstance
    ecr: EcrFront

    def settle(self) -> None:
        """Make what the stack makes beside the instance."""
        aws, there = self.instance.aws, self.instance.provisioned
        aws.client("logs").create_log_group(logGroupName=LOG_GROUP)
        aws.client("sns").create_topic(Name=TOPIC.rpartition(":")[2])
        aws.target_groups.register(TARGET_GROUP, there.instance_id)
        aws.target_groups.deregistration_delay_s = LONG_DEREGISTRATION_S
        aws.pending_hooks.add((GROUP, TERMINATION_HOOK))

    def configure(self, **changes: dict[str, Any]) -> None:
        """Write the configuration of the stack's user data, but for what is the lab's own."""
        sections: dict[str, Any] = configuration(replica_stack())
        for name in ("schema", "instance", "data", "container"):
            sections.pop(name)
        sections["data"] = {
            "snapshot_id": self.instance.provisioned.snapshot_id,
            "manifest": "ignore",  # so that EC2 is asked how old the data is
        }
        sections["container"] = {"image": self.ecr.image}
        sections["signals"]["hook_heartbeat_s"] = 5
        sections["hydration"]["record_after_s"] = 1
        for name, section in changes.items():
            sections[name] = sections.get(name, {}) | section
        self.instance.write_configuration(**sections)

    def publish_image(self) -> None:
        """Have the replica run an image that no engine has yet: all of it must be pulled."""
        with engine() as client:
            login = {"username": ECR_USER, "password": registry_password(ACCOUNT_ID)}
            client.images.pull(self.ecr.depot.by_digest, auth_config=login)
        reference = publish_variant(self.ecr.depot)
        self.configure(container={"image": self.ecr.served(reference)})

    def allow(self, policy: Document) -> None:
        self.instance.aws.enforcement.enforce(policy, group=GROUP)

    @property
    def denied(self) -> set[str]:
        return set(self.instance.aws.enforcement.denied)


def hydrate(instance: LabInstance) -> AgentRun:
    return run_agent(
        ["hydrate", "run", "--config", str(instance.config_file)],
        instance.environment(),
        timeout_s=60,
    )


def hydration_state(instance: LabInstance) -> str:
    report = json.loads((instance.state_directory / "hydration.json").read_text(encoding="utf-8"))
    return str(report["state"])


def kill_container(instance: LabInstance) -> None:
    with container_of(instance) as container:
        if container.status == "running":
            container.kill()
            container.wait()


def checks_until(instance: LabInstance, event: str, *, most: int = 12) -> Checked:
    """Run health checks of a container that is killed before each, until one says `event`."""
    for _ in range(most):
        kill_container(instance)
        found = check(instance)
        if found.told(event):
            return found
    raise AssertionError(f"{most} health checks without {event}")


@contextmanager
def draining(instance: LabInstance) -> Iterator[None]:
    """Have a drain under way in the block, which is to take it back."""
    instance.aws.target_groups.deregistration_delay_s = 600
    thread = threading.Thread(target=agent, args=(instance, "drain"))
    thread.start()
    give_up = time.monotonic() + 20
    while (row_of(instance) or {}).get("status") != "draining" and time.monotonic() < give_up:
        time.sleep(0.1)
    time.sleep(1.0)  # until it has asked the load balancer
    yield
    thread.join()
    instance.aws.target_groups.deregistration_delay_s = LONG_DEREGISTRATION_S
