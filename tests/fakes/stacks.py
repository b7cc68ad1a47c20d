"""CloudFormation as the operator tools need it, with operations that go as they are told to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from fakes.clock import STARTED_AT
from ladybug_fleet.stacks.model import (
    STACK_TYPE,
    Change,
    ChangeSet,
    ChangeSetKind,
    Request,
    StackEvent,
    StackFacts,
    Template,
    TemplateParameter,
)

NAME, STACK_ID = "replicas", "arn:aws:cloudformation:lab:1:stack/replicas/0f1e"
NESTED_ID = "arn:aws:cloudformation:lab:1:stack/nested/2d3c"
A_CHANGE = Change(action="Modify", logical_id="Group", kind="AWS::AutoScaling::AutoScalingGroup")
UNCHANGED = "The submitted information didn't contain changes."


@dataclass(frozen=True, slots=True)
class Told:
    """An event to come: `Group CREATE_FAILED because ...`; without a resource the stack's own."""

    status: str
    resource: str = ""
    reason: str = ""
    kind: str = "AWS::Lab::Resource"
    physical_id: str = ""


@dataclass(slots=True, kw_only=True)
class FakeStacks:
    """One stack; each look at its events lets one more happen."""

    status: str | None = None
    to_come: list[Told] = field(default_factory=list)
    refused_because: str = ""
    changes: tuple[Change, ...] = (A_CHANGE,)
    declared: tuple[TemplateParameter, ...] = ()
    parameters: dict[str, str] = field(default_factory=dict)
    pending: list[str] = field(default_factory=list)
    operation: list[Told] = field(default_factory=list)
    """What executing a change set sets going."""
    nested: list[Told] = field(default_factory=list)
    sent: Request | None = None
    kind: ChangeSetKind | None = None
    executed: bool = False
    happened: list[StackEvent] = field(default_factory=list)

    def stack(self, name: str) -> StackFacts | None:
        if self.status in {None, "DELETE_COMPLETE"}:
            return None
        return StackFacts(
            name=name, stack_id=STACK_ID, status=self.status or "", parameters=self.parameters
        )

    def template_parameters(self, _template: Template) -> tuple[TemplateParameter, ...]:
        return self.declared

    def create_change_set(self, request: Request, kind: ChangeSetKind, name: str) -> bool:
        self.sent, self.kind = request, kind
        self.status = self.status or "REVIEW_IN_PROGRESS"
        self.pending.append(name)
        return True

    def change_set(self, _stack: str, name: str) -> ChangeSet:
        if self.refused_because:
            return ChangeSet(name=name, status="FAILED", reason=self.refused_because)
        return ChangeSet(name=name, status="CREATE_COMPLETE", changes=self.changes)

    def change_sets(self, _stack: str) -> tuple[str, ...]:
        return tuple(self.pending)

    def delete_change_set(self, _stack: str, name: str) -> None:
        self.pending.remove(name)

    def delete_shell(self, _stack: str) -> None:
        self.status = None

    def execute(self, _stack: str, _name: str) -> None:
        self.executed = True
        self.to_come = list(self.operation)

    def events(self, stack: str) -> Iterator[StackEvent]:
        if stack == NESTED_ID:
            yield from [_event(number, told) for number, told in enumerate(self.nested)][::-1]
            return
        if self.to_come:
            told = self.to_come.pop(0)
            self.happened.append(_event(len(self.happened), told))
            if not told.resource:
                self.status = told.status
        yield from self.happened[::-1]


def _event(number: int, told: Told) -> StackEvent:
    return StackEvent(
        event_id=f"event-{number}",
        stack_id=STACK_ID,
        at=STARTED_AT,
        logical_id=told.resource or NAME,
        physical_id=told.physical_id if told.resource else STACK_ID,
        kind=told.kind if told.resource else STACK_TYPE,
        status=told.status,
        reason=told.reason,
    )
