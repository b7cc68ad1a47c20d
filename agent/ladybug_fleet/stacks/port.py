"""What a deployment needs from CloudFormation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ladybug_fleet.stacks.model import (
    ChangeSet,
    ChangeSetKind,
    Request,
    StackEvent,
    StackFacts,
    Template,
    TemplateParameter,
)


class Stacks(Protocol):
    def stack(self, name: str) -> StackFacts | None:
        """Return the stack; None if there is none, or it is deleted."""

    def template_parameters(self, template: Template) -> tuple[TemplateParameter, ...]:
        """Return what the template asks for. Raises ConfigError for one that is not valid."""

    def create_change_set(self, request: Request, kind: ChangeSetKind, name: str) -> bool:
        """Begin a change set; it is ready when its status says so.

        False where CloudFormation says at once that nothing would change. Raises ConfigError for
        what it does not take.
        """

    def change_set(self, stack: str, name: str) -> ChangeSet:
        """Return the change set with all of its changes."""

    def change_sets(self, stack: str) -> tuple[str, ...]:
        """Return the names of the change sets that wait to be executed."""

    def delete_change_set(self, stack: str, name: str) -> None:
        """Delete the change set; none of that name is good as well."""

    def delete_shell(self, stack: str) -> None:
        """Delete a stack that has never been more than a change set."""

    def execute(self, stack: str, name: str) -> None:
        """Begin to carry the change set out."""

    def events(self, stack: str) -> Iterator[StackEvent]:
        """Yield the stack's events, the newest first; older pages are fetched as they are read."""
