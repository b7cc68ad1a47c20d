"""Whom a health check tells beside the registry: CloudWatch Logs, SNS, Auto Scaling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ladybug_agent.adapters.aws_codes import service_error
from ladybug_agent.adapters.lean.aws import LeanAws, ServiceRefusedError
from ladybug_agent.adapters.lean.dynamodb import LeanDynamoDb
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.ports.registry import Row

LOGS_API = "Logs_20140328"


class LeanCloud:
    def __init__(self, aws: LeanAws, table: str) -> None:
        self._aws = aws
        self._table = table

    @property
    def calls(self) -> int:
        return self._aws.calls

    def peers(self) -> Sequence[Row]:
        return LeanDynamoDb(self._aws).peers(self._table, "shared_replica")

    def notify(self, topic: str, subject: str, message: str) -> None:
        values = {"TopicArn": topic, "Subject": subject, "Message": message}
        self._query("sns", "Publish", "2010-03-31", values)

    def give_up_instance(self, instance_id: str) -> None:
        values = {
            "InstanceId": instance_id,
            "HealthStatus": "Unhealthy",
            "ShouldRespectGracePeriod": "true",
        }
        self._query("autoscaling", "SetInstanceHealth", "2011-01-01", values)

    def put_log_events(self, group: str, stream: str, events: Sequence[tuple[int, str]]) -> None:
        names = {"logGroupName": group, "logStreamName": stream}
        told = [{"timestamp": stamp, "message": text} for stamp, text in events]
        self._logs("PutLogEvents", group, {**names, "logEvents": told})

    def make_log_stream(self, group: str, stream: str) -> None:
        names = {"logGroupName": group, "logStreamName": stream}
        self._logs("CreateLogStream", group, names)

    def _query(self, service: str, action: str, version: str, values: Mapping[str, str]) -> None:
        try:
            self._aws.query_call(service, action, version, values)
        except ServiceRefusedError as error:
            name = f"{service}:{action}"
            raise service_error(error.code, error.status, name, "") from error

    def _logs(self, operation: str, group: str, request: Mapping[str, Any]) -> None:
        try:
            self._aws.json_call("logs", f"{LOGS_API}.{operation}", "1.1", request)
        except ServiceRefusedError as error:
            if error.code == "ResourceAlreadyExistsException":
                return
            if error.code == "ResourceNotFoundException":
                raise ExternalFailure(
                    "log_stream_missing",
                    f"wanted logs:{operation} on {group}, found no such group or stream",
                    hint="the agent makes its own stream, and no group: see `metrics.log_group`",
                ) from error
            action = f"logs:{operation}"
            raise service_error(error.code, error.status, action, group) from error
