"""Auto Scaling groups with activities and instance refreshes as a test sets them.

Moto has neither failing activities nor refreshes. Groups that are not here are moto's business.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import uuid4

from werkzeug.wrappers import Response

from ladybug_lab.aws.query import Document, RefusedError, answered, invalid, items, refused
from ladybug_lab.aws.wire import ApiCall

_ACTIVE = {"Pending", "InProgress", "Baking", "Cancelling", "RollbackInProgress"}


@dataclass(slots=True, kw_only=True)
class LabRefresh:
    """A refresh; each look at it by its id takes the next state that is to come."""

    refresh_id: str
    state: dict[str, object]
    configuration: dict[str, str] = field(default_factory=dict)
    """What DesiredConfiguration was given, flat as it was sent."""
    preferences: dict[str, str] = field(default_factory=dict)
    to_come: deque[dict[str, object]] = field(default_factory=deque)

    @property
    def version(self) -> str:
        """The launch template's, wherever it was given; empty without a desired configuration."""
        sent = self.configuration.items()
        return next((value for name, value in sent if name.endswith(".Version")), "")


@dataclass(slots=True, kw_only=True)
class LabGroup:
    """`described` is what DescribeAutoScalingGroups answers; the newest refresh comes first."""

    described: dict[str, object]
    activities: list[dict[str, object]] = field(default_factory=list)
    refreshes: list[LabRefresh] = field(default_factory=list)
    script: list[dict[str, object]] = field(default_factory=list)
    """The states of the refresh that is started next."""


class LabGroups:
    def __init__(self) -> None:
        self.groups: dict[str, LabGroup] = {}

    def reset(self) -> None:
        self.groups.clear()

    def add(self, name: str, **described: object) -> LabGroup:
        self.groups[name] = LabGroup(described={"AutoScalingGroupName": name, **described})
        return self.groups[name]

    def answer(self, call: ApiCall) -> Response | None:
        """None for a call that is moto's business."""
        operation = self._OPERATIONS.get(call.operation)
        named = items(call, "AutoScalingGroupNames")
        name = call.parameters.get("AutoScalingGroupName") or (named[0][""] if named else "")
        if call.service != "autoscaling" or operation is None or name not in self.groups:
            return None
        try:
            return answered(call, operation(self.groups[name], call))
        except RefusedError as error:
            return refused(call, error)

    @staticmethod
    def _describe_groups(group: LabGroup, _: ApiCall) -> Document:
        return {"AutoScalingGroups": [group.described]}

    @staticmethod
    def _describe_activities(group: LabGroup, _: ApiCall) -> Document:
        return {"Activities": group.activities}

    @staticmethod
    def _describe_refreshes(group: LabGroup, call: ApiCall) -> Document:
        wanted = {one[""] for one in items(call, "InstanceRefreshIds")}
        found = [one for one in group.refreshes if not wanted or one.refresh_id in wanted]
        most = int(call.parameters.get("MaxRecords", "50"))
        for refresh in found if wanted else ():
            if refresh.to_come:
                refresh.state = refresh.to_come.popleft()
        return {"InstanceRefreshes": [_told(one) for one in found[:most]]}

    @staticmethod
    def _start_refresh(group: LabGroup, call: ApiCall) -> Document:
        if _under_way(group):
            raise RefusedError(
                "InstanceRefreshInProgress", "An Instance Refresh is already in progress"
            )
        configuration = _under(call, "DesiredConfiguration.")
        preferences = _under(call, "Preferences.")
        if preferences.get("AutoRollback") == "true" and not configuration:
            raise invalid("AutoRollback cannot be used without a desired configuration.")
        refresh = LabRefresh(
            refresh_id=str(uuid4()),
            state={"Status": "Pending"},
            configuration=configuration,
            preferences=preferences,
            to_come=deque(group.script),
        )
        group.refreshes.insert(0, refresh)
        return {"InstanceRefreshId": refresh.refresh_id}

    @staticmethod
    def _cancel_refresh(group: LabGroup, _: ApiCall) -> Document:
        refresh = _active(group)
        refresh.to_come = deque([{"Status": "Cancelling"}, {"Status": "Cancelled"}])
        return {"InstanceRefreshId": refresh.refresh_id}

    @staticmethod
    def _rollback_refresh(group: LabGroup, _: ApiCall) -> Document:
        refresh = _active(group)
        if not refresh.configuration:
            raise RefusedError(
                "IrreversibleInstanceRefresh", "There is no desired configuration to roll back"
            )
        refresh.to_come = deque(
            [{"Status": "RollbackInProgress"}, {"Status": "RollbackSuccessful"}]
        )
        return {"InstanceRefreshId": refresh.refresh_id}

    _OPERATIONS: ClassVar[dict[str, Callable[[LabGroup, ApiCall], Document]]] = {
        "CancelInstanceRefresh": _cancel_refresh,
        "DescribeAutoScalingGroups": _describe_groups,
        "DescribeInstanceRefreshes": _describe_refreshes,
        "DescribeScalingActivities": _describe_activities,
        "RollbackInstanceRefresh": _rollback_refresh,
        "StartInstanceRefresh": _start_refresh,
    }


def _under(call: ApiCall, prefix: str) -> dict[str, str]:
    return {
        name.removeprefix(prefix): value
        for name, value in call.parameters.items()
        if name.startswith(prefix)
    }


def _under_way(group: LabGroup) -> LabRefresh | None:
    newest = group.refreshes[0] if group.refreshes else None
    return newest if newest and newest.state["Status"] in _ACTIVE else None


def _active(group: LabGroup) -> LabRefresh:
    refresh = _under_way(group)
    if refresh is None:
        raise RefusedError(
            "ActiveInstanceRefreshNotFound", "No in progress or pending Instance Refresh found"
        )
    return refresh


def _told(refresh: LabRefresh) -> dict[str, object]:
    template = {"LaunchTemplateId": "lt-0123456789abcdef0", "Version": refresh.version}
    configured = {"DesiredConfiguration": {"LaunchTemplate": template}} if refresh.version else {}
    return {"InstanceRefreshId": refresh.refresh_id, **refresh.state, **configured}
