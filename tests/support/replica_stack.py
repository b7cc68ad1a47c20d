"""The replica stack with the parameters of a deployment, as the lab's emulated AWS has it."""

from __future__ import annotations

import base64
import tomllib
from typing import Any

from support.cloudformation import ACCOUNT, REGION, STACK, Stack, read_template

GROUP = f"{STACK}-replicas"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:{STACK}-Topic"
LOG_GROUP = f"/ladybug/{STACK}"
TARGET_GROUP = (
    f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/replicas/0123456789abcdef"
)
PARAMETERS: dict[str, str | list[str]] = {
    "Environment": "lab",
    "VpcId": "vpc-0123456789abcdef0",
    "SubnetIds": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    "ClientCidr": "10.0.0.0/8",
    "ImageId": "ami-0123456789abcdef0",
    "SnapshotId": "snap-0123456789abcdef0",
    "Databases": ["sec", "industry"],
    "EcrRepository": "graph-api",
    "ImageVersion": "@sha256:" + "0" * 64,
    "AgentVersion": "1.0.0",
    "BundleBucket": "ladybug-lab-deployment",
    "BundleSha256": "0" * 64,
    "RegistryTable": "graph-lab-instance-registry",
    "MapsBucket": "ladybug-lab-maps",
    "ReplaceInstance": "true",
}
FIRST: dict[str, str | list[str]] = {"DataMode": "empty", "SnapshotId": ""}
KNOWN = {
    "Topic": TOPIC,
    "LogGroup": LOG_GROUP,
    "TargetGroup": TARGET_GROUP,
    "TargetGroup.TargetGroupFullName": "targetgroup/replicas/0123456789abcdef",
    "Balancer.LoadBalancerFullName": "app/replicas/0123456789abcdef",
    "ReplicaGroup": GROUP,
}


def replica_stack(**changes: str | list[str]) -> Stack:
    """Return the stack with everything that it offers, but for `changes` of its parameters."""
    return Stack(template=read_template("replicas"), parameters=PARAMETERS | changes, known=KNOWN)


def agent_policy(stack: Stack) -> dict[str, Any]:
    """Return the policy document of what the agent itself does."""
    return policies(stack)["agent"]


def policies(stack: Stack) -> dict[str, dict[str, Any]]:
    inline = stack.properties("Role")["Policies"]
    return {policy["PolicyName"]: policy["PolicyDocument"] for policy in inline}


def launch_data(stack: Stack) -> dict[str, Any]:
    found: dict[str, Any] = stack.properties("Template")["LaunchTemplateData"]
    return found


def user_data(stack: Stack) -> str:
    return base64.b64decode(launch_data(stack)["UserData"]).decode()


def configuration_file(stack: Stack) -> str:
    """Return the file that the header of the user data writes, without running it."""
    _, _, rest = user_data(stack).partition("config.toml <<'LADYBUG_CONFIG'\n")
    text, end, _ = rest.partition("\nLADYBUG_CONFIG\n")
    assert end
    return text + "\n"


def configuration(stack: Stack) -> dict[str, Any]:
    return tomllib.loads(configuration_file(stack))
