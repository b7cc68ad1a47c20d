"""Tell those who wait how the boot went: CloudFormation, Auto Scaling, the serial console."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import ClientError

from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.aws_errors import aws_errors, error_code
from ladybug_agent.errors import AgentError
from ladybug_agent.model import SignalOutcome

# Answers that mean "nobody is waiting": every scale-out outside a stack operation gets the first,
# every rerun after the hook was completed the second.
NOT_EXPECTED = ("cannot be signaled", "already exists", "No active Lifecycle Action found")


class StackSignal:
    """A CloudFormation resource signal; the instance id is its unique id (SignalResource)."""

    def __init__(
        self, clients: AwsClients, stack: str, resource: str, instance_id: Callable[[], str]
    ) -> None:
        self._clients = clients
        self._stack = stack
        self._resource = resource
        self._instance_id = instance_id

    def signal(self, *, success: bool, reason: str) -> SignalOutcome:
        del reason  # SignalResource has no field for it

        def send() -> None:
            self._clients.client(
                "cloudformation", "patient" if success else "hurried"
            ).signal_resource(
                StackName=self._stack,
                LogicalResourceId=self._resource,
                UniqueId=self._instance_id(),
                Status="SUCCESS" if success else "FAILURE",
            )

        return outcome_of("cloudformation", "cloudformation:SignalResource", send)


class LaunchHook:
    """The launch lifecycle hook of the Auto Scaling group: CONTINUE or ABANDON.

    ABANDON makes the group terminate and replace the instance.
    """

    def __init__(
        self, clients: AwsClients, group: str, hook: str, instance_id: Callable[[], str]
    ) -> None:
        self._clients = clients
        self._group = group
        self._hook = hook
        self._instance_id = instance_id

    def signal(self, *, success: bool, reason: str) -> SignalOutcome:
        del reason  # CompleteLifecycleAction has no field for it

        def send() -> None:
            self._clients.client(
                "autoscaling", "patient" if success else "hurried"
            ).complete_lifecycle_action(
                AutoScalingGroupName=self._group,
                LifecycleHookName=self._hook,
                InstanceId=self._instance_id(),
                LifecycleActionResult="CONTINUE" if success else "ABANDON",
            )

        return outcome_of("autoscaling", "autoscaling:CompleteLifecycleAction", send)


class Console:
    """The serial console: GetConsoleOutput shows it after the instance has been replaced."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def signal(self, *, success: bool, reason: str) -> SignalOutcome:
        word = "registered" if success else "boot failed"
        line = f"ladybug-agent: {word}: {reason}\n".encode("ascii", errors="replace")
        try:
            # Not created if it is missing: a file in the place of a console tells nobody.
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_NOCTTY | os.O_CLOEXEC)
            try:
                os.write(handle, line)
            finally:
                os.close(handle)
        except OSError as error:
            return SignalOutcome(target="console", verdict="absent", detail=str(error))
        return SignalOutcome(target="console", verdict="accepted")


def outcome_of(target: str, action: str, send: Callable[[], None]) -> SignalOutcome:
    try:
        with aws_errors(action):
            return _sent_or_not_expected(target, send)
    except AgentError as error:
        return SignalOutcome(target=target, verdict="failed", detail=f"{error.code}: {error}")


def _sent_or_not_expected(target: str, send: Callable[[], None]) -> SignalOutcome:
    try:
        send()
    except ClientError as error:
        said = str(error.response.get("Error", {}).get("Message", ""))
        if error_code(error) == "ValidationError" and any(text in said for text in NOT_EXPECTED):
            return SignalOutcome(target=target, verdict="not_expected", detail=said)
        raise
    return SignalOutcome(target=target, verdict="accepted")
