"""A lifecycle hook of the Auto Scaling group: completed, or kept waiting, by instance id."""

from __future__ import annotations

from collections.abc import Callable

from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.signals import outcome_of
from ladybug_agent.model import SignalOutcome


class GroupHook:
    """Calls are tried once, for at most 7 s: who calls asks again by itself."""

    def __init__(
        self, clients: AwsClients, group: str, hook: str, instance_id: Callable[[], str]
    ) -> None:
        self._clients = clients
        self._names = {"AutoScalingGroupName": group, "LifecycleHookName": hook}
        self._instance_id = instance_id

    def complete(self) -> SignalOutcome:
        def send() -> None:
            self._clients.client("autoscaling", "once").complete_lifecycle_action(
                **self._names,
                InstanceId=self._instance_id(),
                LifecycleActionResult="CONTINUE",
            )

        return outcome_of("autoscaling", "autoscaling:CompleteLifecycleAction", send)

    def heartbeat(self) -> SignalOutcome:
        def send() -> None:
            self._clients.client("autoscaling", "once").record_lifecycle_action_heartbeat(
                **self._names, InstanceId=self._instance_id()
            )

        return outcome_of("autoscaling", "autoscaling:RecordLifecycleActionHeartbeat", send)
