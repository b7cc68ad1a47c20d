"""Stacks of the emulated CloudFormation: their state, events and change sets."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from ladybug_lab.aws.query import invalid, items
from ladybug_lab.aws.wire import ApiCall

STACK = "AWS::CloudFormation::Stack"
UNCHANGED = (
    "The submitted information didn't contain changes. Submit different information to create a"
    " change set."
)


@dataclass(frozen=True, slots=True)
class Step:
    """One event to come: of the resource `logical_id`, or of the stack itself without one."""

    status: str
    logical_id: str = ""
    kind: str = "AWS::Lab::Resource"
    reason: str = ""
    physical_id: str = ""


@dataclass(slots=True, kw_only=True)
class LabChangeSet:
    name: str
    kind: str
    template: str
    parameters: dict[str, str]
    changes: list[dict[str, object]]
    status: str = "CREATE_PENDING"
    reason: str = ""


@dataclass(slots=True, kw_only=True)
class LabStack:
    """A stack; what an operation does to it is scripted, or all of it goes well."""

    name: str
    status: str
    stack_id: str
    template: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    resources: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Type and physical id by logical id."""
    events: list[dict[str, object]] = field(default_factory=list)
    change_sets: dict[str, LabChangeSet] = field(default_factory=dict)
    to_come: deque[Step] = field(default_factory=deque)

    def pass_time(self) -> None:
        """Let the next event of the operation under way happen."""
        if self.to_come:
            self.happen(self.to_come.popleft())

    def happen(self, step: Step) -> None:
        is_own = not step.logical_id
        if is_own:
            self.status = step.status
        reason = {"ResourceStatusReason": step.reason} if step.reason else {}
        self.events.append(
            {
                "StackId": self.stack_id,
                "EventId": str(uuid4()),
                "StackName": self.name,
                "LogicalResourceId": self.name if is_own else step.logical_id,
                "PhysicalResourceId": self.stack_id if is_own else step.physical_id,
                "ResourceType": STACK if is_own else step.kind,
                "Timestamp": datetime.now(UTC),
                "ResourceStatus": step.status,
                **reason,
            }
        )


def template_of(call: ApiCall, published: Mapping[str, str]) -> str:
    """Return the text of the template that a call sends or names. Raises RefusedError."""
    url = call.parameters.get("TemplateURL", "")
    if url and url not in published:
        raise invalid("S3 error: The specified key does not exist.")
    return published[url] if url else call.parameters["TemplateBody"]


def parameters_of(template: str) -> list[dict[str, str]]:
    """Return what GetTemplateSummary says of the parameters. Raises RefusedError."""
    try:
        declared = json.loads(template).get("Parameters", {})
    except ValueError:
        words = "Template format error: JSON not well-formed."
        raise invalid(words) from None
    return [
        {"ParameterKey": name, **({"DefaultValue": one["Default"]} if "Default" in one else {})}
        for name, one in declared.items()
    ]


def change_set_of(call: ApiCall, template: str, stack: LabStack) -> LabChangeSet:
    """Return what a CreateChangeSet asks for, its changes worked out. Raises RefusedError."""
    parameters = {}
    for one in items(call, "Parameters"):
        name = one["ParameterKey"]
        if one.get("UsePreviousValue") != "true":
            parameters[name] = one["ParameterValue"]
        elif name in stack.parameters:
            parameters[name] = stack.parameters[name]
        else:
            raise invalid(
                f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true"
                " for a parameter key not in the previous template"
            )
    differ = parameters != stack.parameters
    return LabChangeSet(
        name=call.parameters["ChangeSetName"],
        kind=call.parameters["ChangeSetType"],
        template=template,
        parameters=parameters,
        changes=_changes_between(stack.template, template, parameters_differ=differ),
    )


def _changes_between(old: str, new: str, *, parameters_differ: bool) -> list[dict[str, object]]:
    """A template is JSON here, and a parameter that changes touches every resource."""
    before, after = _resources(old), _resources(new)
    actions: list[tuple[str, str, object]] = [
        ("Add", name, after[name]["Type"]) for name in after if name not in before
    ]
    actions += [("Remove", name, before[name]["Type"]) for name in before if name not in after]
    actions += [
        ("Modify", name, after[name]["Type"])
        for name in after
        if name in before and (parameters_differ or before[name] != after[name])
    ]
    return [
        {"Type": "Resource", "ResourceChange": _change(action, name, kind)}
        for action, name, kind in actions
    ]


def all_goes_well(change_set: LabChangeSet) -> list[Step]:
    """Return the events of an operation that succeeds."""
    verb = change_set.kind
    steps = [Step(f"{verb}_IN_PROGRESS", reason="User Initiated")]
    for change in change_set.changes:
        resource = change["ResourceChange"]
        if isinstance(resource, Mapping):
            name, kind = str(resource["LogicalResourceId"]), str(resource["ResourceType"])
            steps.append(Step(f"{verb}_COMPLETE", name, kind))
    if verb == "UPDATE":
        steps.append(Step("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
    return [*steps, Step(f"{verb}_COMPLETE")]


def _resources(template: str) -> dict[str, dict[str, object]]:
    resources: dict[str, dict[str, object]] = json.loads(template or "{}").get("Resources", {})
    return resources


def _change(action: str, name: str, kind: object) -> dict[str, object]:
    replacement = {"Replacement": "False"} if action == "Modify" else {}
    return {
        "Action": action,
        "LogicalResourceId": name,
        "ResourceType": kind,
        **replacement,
    }
