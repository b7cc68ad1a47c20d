"""Stacks by CloudFormation's API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ladybug_agent.errors import ConfigError, ExternalFailure
from ladybug_fleet.aws import aws_errors
from ladybug_fleet.stacks.model import (
    Change,
    ChangeSet,
    ChangeSetKind,
    Request,
    StackEvent,
    StackFacts,
    Template,
    TemplateParameter,
)
from ladybug_fleet.stacks.outcomes import says_unchanged
from ladybug_fleet.stacks.parameters import change_set_refused
from ladybug_fleet.stacks.states import REVIEW

INVALID = "ValidationError"
UNACCEPTABLE = frozenset({INVALID, "InsufficientCapabilitiesException"})
ABSENT = "does not exist"


class CloudFormation:
    def __init__(self, client: Any) -> None:
        self._client = client

    def stack(self, name: str) -> StackFacts | None:
        try:
            with aws_errors("cloudformation:DescribeStacks", resource=name):
                found = self._client.describe_stacks(StackName=name)["Stacks"]
        except ExternalFailure as error:
            if _is_absent(error):
                return None
            raise
        return _stack(found[0]) if found else None

    def template_parameters(self, template: Template) -> tuple[TemplateParameter, ...]:
        try:
            with aws_errors("cloudformation:GetTemplateSummary"):
                said = self._client.get_template_summary(**_template(template))
        except ExternalFailure as error:
            if error.facts.get("aws_code") == INVALID:
                raise ConfigError(
                    "template_invalid",
                    "wanted a template, found what CloudFormation does not take:"
                    f" {error.facts['aws_message']}",
                    hint="cfn-lint says where",
                ) from error
            raise
        return tuple(
            TemplateParameter(name=one["ParameterKey"], has_default="DefaultValue" in one)
            for one in said.get("Parameters", ())
        )

    def create_change_set(self, request: Request, kind: ChangeSetKind, name: str) -> bool:
        optional = {"RoleARN": request.role_arn} if request.role_arn else {}
        try:
            with aws_errors("cloudformation:CreateChangeSet", resource=request.stack):
                self._client.create_change_set(
                    StackName=request.stack,
                    ChangeSetName=name,
                    ChangeSetType=kind,
                    Parameters=[_parameter(*one) for one in request.parameters.items()],
                    Tags=[{"Key": key, "Value": value} for key, value in request.tags.items()],
                    Capabilities=list(request.capabilities),
                    **_template(request.template),
                    **optional,
                )
        except ExternalFailure as error:
            words = str(error.facts.get("aws_message", ""))
            if says_unchanged(words):
                return False
            if error.facts.get("aws_code") in UNACCEPTABLE:
                raise change_set_refused(words) from error
            raise
        return True

    def change_set(self, stack: str, name: str) -> ChangeSet:
        with aws_errors("cloudformation:DescribeChangeSet", resource=stack):
            pages = self._client.get_paginator("describe_change_set")
            read = list(pages.paginate(StackName=stack, ChangeSetName=name))
        return ChangeSet(
            name=name,
            status=read[0]["Status"],
            reason=read[0].get("StatusReason", ""),
            changes=tuple(_change(one) for page in read for one in page.get("Changes", ())),
        )

    def change_sets(self, stack: str) -> tuple[str, ...]:
        with aws_errors("cloudformation:ListChangeSets", resource=stack):
            pages = self._client.get_paginator("list_change_sets").paginate(StackName=stack)
            return tuple(one["ChangeSetName"] for page in pages for one in page["Summaries"])

    def resources(self, stack: str, kind: str) -> tuple[str, ...]:
        """Return the physical ids of the stack's resources of this type."""
        with aws_errors("cloudformation:ListStackResources", resource=stack):
            pages = self._client.get_paginator("list_stack_resources").paginate(StackName=stack)
            found = [one for page in pages for one in page["StackResourceSummaries"]]
        return tuple(
            one["PhysicalResourceId"]
            for one in found
            if one["ResourceType"] == kind and "PhysicalResourceId" in one
        )

    def delete_change_set(self, stack: str, name: str) -> None:
        with aws_errors("cloudformation:DeleteChangeSet", resource=stack):
            self._client.delete_change_set(StackName=stack, ChangeSetName=name)

    def delete_shell(self, stack: str) -> None:
        found = self.stack(stack)
        if found is not None and found.status == REVIEW:
            with aws_errors("cloudformation:DeleteStack", resource=stack):
                self._client.delete_stack(StackName=stack)

    def execute(self, stack: str, name: str) -> None:
        with aws_errors("cloudformation:ExecuteChangeSet", resource=stack):
            self._client.execute_change_set(StackName=stack, ChangeSetName=name)

    def events(self, stack: str) -> Iterator[StackEvent]:
        try:
            with aws_errors("cloudformation:DescribeStackEvents", resource=stack):
                pages = self._client.get_paginator("describe_stack_events")
                for page in pages.paginate(StackName=stack):
                    yield from (_event(one) for one in page["StackEvents"])
        except ExternalFailure as error:
            if not _is_absent(error):
                raise


def _is_absent(error: ExternalFailure) -> bool:
    said = error.facts
    return said.get("aws_code") == INVALID and ABSENT in str(said.get("aws_message"))


def _template(template: Template) -> dict[str, str]:
    if template.url:
        return {"TemplateURL": template.url}
    return {"TemplateBody": template.body}


def _parameter(name: str, value: str | None) -> dict[str, object]:
    if value is None:
        return {"ParameterKey": name, "UsePreviousValue": True}
    return {"ParameterKey": name, "ParameterValue": value}


def _stack(said: Mapping[str, Any]) -> StackFacts:
    return StackFacts(
        name=said["StackName"],
        stack_id=said["StackId"],
        status=said["StackStatus"],
        reason=said.get("StackStatusReason", ""),
        parameters={
            one["ParameterKey"]: one.get("ParameterValue", "") for one in said.get("Parameters", ())
        },
        outputs={one["OutputKey"]: one["OutputValue"] for one in said.get("Outputs", ())},
    )


def _change(said: Mapping[str, Any]) -> Change:
    resource = said.get("ResourceChange", {})
    return Change(
        action=resource.get("Action", said.get("Type", "")),
        logical_id=resource.get("LogicalResourceId", ""),
        kind=resource.get("ResourceType", ""),
        replacement=resource.get("Replacement", ""),
    )


def _event(said: Mapping[str, Any]) -> StackEvent:
    return StackEvent(
        event_id=said["EventId"],
        stack_id=said["StackId"],
        at=said["Timestamp"],
        logical_id=said.get("LogicalResourceId", ""),
        physical_id=said.get("PhysicalResourceId", ""),
        kind=said.get("ResourceType", ""),
        status=said.get("ResourceStatus", ""),
        reason=said.get("ResourceStatusReason", ""),
    )
