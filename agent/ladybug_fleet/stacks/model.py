"""A stack, its events and change sets as CloudFormation has them; and what is asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

STACK_TYPE = "AWS::CloudFormation::Stack"
ChangeSetKind = Literal["CREATE", "UPDATE"]
Outcome = Literal["created", "updated", "unchanged", "dry_run"]
"""What a deployment came to. Public API: it is an output of `deploy`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackFacts:
    """A stack (API reference of DescribeStacks)."""

    name: str
    stack_id: str
    status: str
    reason: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackEvent:
    """An event of a stack or of one of its resources (DescribeStackEvents)."""

    event_id: str
    stack_id: str
    at: datetime
    logical_id: str
    physical_id: str
    kind: str
    status: str
    reason: str = ""

    @property
    def is_of_the_stack(self) -> bool:
        return self.kind == STACK_TYPE and self.physical_id == self.stack_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a change set would do to one resource; `replacement` is `True`, `False` or empty."""

    action: str
    logical_id: str
    kind: str
    replacement: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    name: str
    status: str
    reason: str = ""
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template: its text, or the address in S3 that CloudFormation reads it from."""

    body: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateParameter:
    name: str
    has_default: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the operator asks for. A parameter whose value is None keeps the one that it has."""

    stack: str
    template: Template
    parameters: Mapping[str, str | None] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    role_arn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """How a deployment ended."""

    outcome: Outcome
    stack: StackFacts | None
    changes: tuple[Change, ...] = ()
    leftovers: tuple[StackEvent, ...] = ()
    """Resources that the update replaced and could not delete; the stack no longer knows them."""
