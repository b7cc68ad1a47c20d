"""Target groups of the emulated load balancer: targets that take their time to leave.

Moto's own know neither a delay nor the state `draining`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from werkzeug.wrappers import Response

from ladybug_lab.aws.wire import ApiCall, write_error

SERVICE = "elasticloadbalancing"
_REASONS = {
    "draining": "Target.DeregistrationInProgress",
    "initial": "Elb.RegistrationInProgress",
    "unhealthy": "Target.FailedHealthChecks",
    "unused": "Target.NotRegistered",
}
_TARGET = "Targets.member.1.Id"


@dataclass(slots=True)
class _Target:
    state: str
    gone_at: float = 0.0


class TargetGroups:
    """State that a test sets: groups and their targets; `deregistration_delay_s` for all."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._groups: dict[str, dict[str, _Target]] = {}
        self.deregistration_delay_s = 2.0

    def reset(self) -> None:
        self._groups.clear()
        self.deregistration_delay_s = 2.0

    def register(self, arn: str, instance_id: str, *, state: str = "healthy") -> None:
        """Make the group, if there is none, and put the instance into it."""
        self._groups.setdefault(arn, {})[instance_id] = _Target(state)

    def deregister(self, arn: str, instance_id: str) -> None:
        if target := self._groups[arn].get(instance_id):
            target.state, target.gone_at = "draining", self._now() + self.deregistration_delay_s

    def state(self, arn: str, instance_id: str) -> str:
        """Return the state; `unused` for an instance that is not, or no longer, registered."""
        target = self._groups[arn].get(instance_id)
        if target is None or (target.state == "draining" and self._now() >= target.gone_at):
            return "unused"
        return target.state

    def _states(self, arn: str, instance_id: str) -> dict[str, str]:
        """Of one instance, or of all; then what is no longer in the group is not spoken of."""
        if instance_id:
            return {instance_id: self.state(arn, instance_id)}
        states = {one: self.state(arn, one) for one in sorted(self._groups[arn])}
        return {one: state for one, state in states.items() if state != "unused"}

    def answer(self, call: ApiCall) -> Response | None:
        """None for a call that is not about targets."""
        if call.service != SERVICE:
            return None
        arn = call.parameters.get("TargetGroupArn", "")
        instance_id = call.parameters.get(_TARGET, "")
        if call.operation not in {"DescribeTargetHealth", "DeregisterTargets", "RegisterTargets"}:
            return None
        if arn not in self._groups:
            message = f"Target groups '{arn}' not found"
            return write_error(
                call.protocol, "TargetGroupNotFound", message, HTTPStatus.BAD_REQUEST
            )
        inner = ""
        match call.operation:
            case "DeregisterTargets":
                self.deregister(arn, instance_id)
            case "RegisterTargets":
                self.register(arn, instance_id, state="initial")
            case _:
                asked = [instance_id] if instance_id else sorted(self._groups[arn])
                states = {one: self.state(arn, one) for one in asked}
                # Asked for all, a group does not speak of what is no longer in it.
                inner = _healths(
                    {
                        one: state
                        for one, state in states.items()
                        if instance_id or state != "unused"
                    }
                )
        return _done(call.operation, inner)


def _healths(states: Mapping[str, str]) -> str:
    members = "".join(_health(instance_id, state) for instance_id, state in states.items())
    return f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions>"


def _health(instance_id: str, state: str) -> str:
    reason = f"<Reason>{_REASONS[state]}</Reason>" if state in _REASONS else ""
    return (
        "<member>"
        f"<Target><Id>{instance_id}</Id><Port>8001</Port></Target>"
        f"<TargetHealth><State>{state}</State>{reason}</TargetHealth>"
        "</member>"
    )


def _done(name: str, inner: str) -> Response:
    return Response(
        f"<{name}Response><{name}Result>{inner}</{name}Result>"
        f"<ResponseMetadata><RequestId>lab</RequestId></ResponseMetadata></{name}Response>",
        content_type="text/xml",
    )
