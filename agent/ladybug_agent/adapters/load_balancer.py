"""The load balancer's target group, for this instance (Elastic Load Balancing v2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.aws_codes import target_group_missing
from ladybug_agent.adapters.aws_errors import aws_errors, error_code

SERVICE = "elasticloadbalancing"


class TargetGroup:
    """Calls are tried once, for at most 7 s: who calls asks again by itself."""

    def __init__(self, clients: AwsClients, arn: str, instance_id: Callable[[], str]) -> None:
        self._clients = clients
        self._arn = arn
        self._instance_id = instance_id

    def target_state(self) -> str:
        answer = self._call("DescribeTargetHealth", "describe_target_health")
        # Asked for by id, an instance that is not registered comes as `unused`.
        found = answer.get("TargetHealthDescriptions") or [{}]
        return str(found[0].get("TargetHealth", {}).get("State", "unused"))

    def deregister(self) -> None:
        self._call("DeregisterTargets", "deregister_targets")

    def register(self) -> None:
        self._call("RegisterTargets", "register_targets")

    def _call(self, operation: str, method: str) -> dict[str, Any]:
        client = self._clients.client("elbv2", "once")
        with aws_errors(f"{SERVICE}:{operation}", resource=self._arn):
            try:
                answer: dict[str, Any] = getattr(client, method)(
                    TargetGroupArn=self._arn,
                    # Without a port it is the target group's own, by which Auto Scaling registers.
                    Targets=[{"Id": self._instance_id()}],
                )
            except ClientError as error:
                if error_code(error) == "TargetGroupNotFound":
                    raise target_group_missing(self._arn) from error
                raise
        return answer
