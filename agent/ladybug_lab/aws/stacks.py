"""CloudFormation with change sets that must be waited for, events that come one by one, rollback.

Moto's change sets are ready at once, and nothing in it rolls back. The words of refusals are those
of the API.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar
from uuid import uuid4

from werkzeug.wrappers import Response

from ladybug_lab.aws.query import Document, RefusedError, answered, invalid, refused
from ladybug_lab.aws.stack_state import (
    UNCHANGED,
    LabChangeSet,
    LabStack,
    Step,
    all_goes_well,
    change_set_of,
    parameters_of,
    template_of,
)
from ladybug_lab.aws.wire import ApiCall

_PAGE = 3
"""Events in a page: few, so that every test follows pages. CloudFormation has 100."""


class LabStacks:
    """Answers once `switched_on`; a script for a stack's name is what its next operation does.

    `published` are the templates in S3, by their addresses.
    """

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id
        self.stacks: dict[str, LabStack] = {}
        self.scripts: dict[str, tuple[Step, ...]] = {}
        self.published: dict[str, str] = {}
        self.switched_on = False

    def reset(self) -> None:
        for known in (self.stacks, self.scripts, self.published):
            known.clear()
        self.switched_on = False

    def add(self, name: str, status: str = "CREATE_COMPLETE", *, region: str = "lab") -> LabStack:
        stack_id = f"arn:aws:cloudformation:{region}:{self._account_id}:stack/{name}/{uuid4()}"
        self.stacks[name] = LabStack(name=name, status=status, stack_id=stack_id)
        self.switched_on = True
        return self.stacks[name]

    def answer(self, call: ApiCall) -> Response | None:
        """None for a call that is moto's business."""
        operation = self._OPERATIONS.get(call.operation)
        if call.service != "cloudformation" or not self.switched_on or operation is None:
            return None
        try:
            return answered(call, operation(self, call))
        except RefusedError as error:
            return refused(call, error)

    def _find(self, call: ApiCall, words: str = "Stack [{}] does not exist") -> LabStack:
        """By name, or by id, which works for a deleted stack as well."""
        wanted = call.parameters["StackName"]
        for stack in self.stacks.values():
            by_name = stack.name == wanted and stack.status != "DELETE_COMPLETE"
            if by_name or stack.stack_id == wanted:
                return stack
        raise invalid(words.format(wanted))

    def _describe_stacks(self, call: ApiCall) -> Document:
        stack = self._find(call, "Stack with id {} does not exist")
        told = {
            "StackName": stack.name,
            "StackId": stack.stack_id,
            "StackStatus": stack.status,
            "Parameters": _pairs(stack.parameters, "Parameter"),
            "Outputs": _pairs(stack.outputs, "Output"),
        }
        return {"Stacks": [told]}

    def _get_template_summary(self, call: ApiCall) -> Document:
        """Of a template in JSON; moto's needs seconds to load what reads all templates."""
        return {"Parameters": parameters_of(template_of(call, self.published))}

    def _create_change_set(self, call: ApiCall) -> Document:
        name, kind = call.parameters["StackName"], call.parameters["ChangeSetType"]
        if kind == "CREATE" and name not in self.stacks:
            self.add(name, "REVIEW_IN_PROGRESS", region=call.region)
            self.stacks[name].happen(Step("REVIEW_IN_PROGRESS", reason="User Initiated"))
        stack = self._find(call)
        if kind == "CREATE" and stack.status != "REVIEW_IN_PROGRESS":
            raise RefusedError(
                "AlreadyExistsException", f"Stack [{name}] already exists and cannot be created"
            )
        if kind == "UPDATE" and not stack.status.endswith("_COMPLETE"):
            raise invalid(
                f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated"
            )
        change_set = change_set_of(call, template_of(call, self.published), stack)
        stack.change_sets[change_set.name] = change_set
        return {"Id": change_set.name, "StackId": stack.stack_id}

    def _describe_change_set(self, call: ApiCall) -> Document:
        stack = self._find(call)
        found = _named(stack, call)
        told = {
            "ChangeSetName": found.name,
            "StackName": stack.name,
            "Status": found.status,
            "StatusReason": found.reason,
            "Changes": found.changes,
        }
        if found.status == "CREATE_PENDING":  # the next look finds it ready
            found.status = "CREATE_COMPLETE" if found.changes else "FAILED"
            found.reason = found.reason or ("" if found.changes else UNCHANGED)
        return told

    def _list_change_sets(self, call: ApiCall) -> Document:
        return {"Summaries": [{"ChangeSetName": name} for name in self._find(call).change_sets]}

    def _delete_change_set(self, call: ApiCall) -> Document:
        self._find(call).change_sets.pop(call.parameters["ChangeSetName"], None)
        return {}

    def _execute_change_set(self, call: ApiCall) -> Document:
        stack = self._find(call)
        found = _named(stack, call)
        if found.status != "CREATE_COMPLETE":
            raise RefusedError(
                "InvalidChangeSetStatus",
                f"ChangeSet [{found.name}] cannot be executed in its current status of"
                f" [{found.status}]",
            )
        stack.change_sets.clear()
        script = self.scripts.pop(stack.name, None)
        stack.to_come.extend(script or all_goes_well(found))
        if script is None:
            stack.template, stack.parameters = found.template, found.parameters
        return {}

    def _describe_stack_events(self, call: ApiCall) -> Document:
        stack = self._find(call)
        begin = int(call.parameters.get("NextToken", "0"))
        if begin == 0:
            stack.pass_time()
        newest_first = stack.events[::-1]
        more = {"NextToken": str(begin + _PAGE)} if begin + _PAGE < len(newest_first) else {}
        return {"StackEvents": newest_first[begin : begin + _PAGE], **more}

    def _delete_stack(self, call: ApiCall) -> Document:
        del self.stacks[self._find(call).name]
        return {}

    def _list_stack_resources(self, call: ApiCall) -> Document:
        found = self._find(call).resources.items()
        summaries = [
            {
                "LogicalResourceId": name,
                "ResourceType": kind,
                "PhysicalResourceId": physical_id,
                "ResourceStatus": "CREATE_COMPLETE",
            }
            for name, (kind, physical_id) in found
        ]
        return {"StackResourceSummaries": summaries}

    _OPERATIONS: ClassVar[dict[str, Callable[[LabStacks, ApiCall], Document]]] = {
        "CreateChangeSet": _create_change_set,
        "DeleteChangeSet": _delete_change_set,
        "DeleteStack": _delete_stack,
        "DescribeChangeSet": _describe_change_set,
        "DescribeStackEvents": _describe_stack_events,
        "DescribeStacks": _describe_stacks,
        "ExecuteChangeSet": _execute_change_set,
        "GetTemplateSummary": _get_template_summary,
        "ListChangeSets": _list_change_sets,
        "ListStackResources": _list_stack_resources,
    }


def _named(stack: LabStack, call: ApiCall) -> LabChangeSet:
    name = call.parameters["ChangeSetName"]
    if name not in stack.change_sets:
        raise RefusedError("ChangeSetNotFound", f"ChangeSet [{name}] does not exist")
    return stack.change_sets[name]


def _pairs(values: dict[str, str], kind: str) -> list[dict[str, str]]:
    return [{f"{kind}Key": name, f"{kind}Value": value} for name, value in values.items()]
