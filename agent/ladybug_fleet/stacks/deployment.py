"""A deployment, top to bottom: settle, prepare a change set, show it, execute it, follow it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from ladybug_agent.clock import Deadline
from ladybug_agent.errors import NotYet
from ladybug_fleet.patience import look_until
from ladybug_fleet.stacks.following import EVENT_LOOKS, EventStream, await_end, nested_failure
from ladybug_fleet.stacks.model import (
    Change,
    ChangeSet,
    ChangeSetKind,
    Deployed,
    Request,
    StackEvent,
    StackFacts,
)
from ladybug_fleet.stacks.outcomes import (
    first_failure,
    in_words,
    judge_end,
    leftovers,
    says_unchanged,
)
from ladybug_fleet.stacks.parameters import change_set_refused, complete_parameters
from ladybug_fleet.stacks.port import Stacks
from ladybug_fleet.stacks.states import OUR_CHANGE_SETS, REVIEW, is_under_way, judge_state


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who is told what happens, as it does."""

    change: Callable[[Change], None]
    event: Callable[[StackEvent], None]
    note: Callable[[str], None]


def deploy(
    stacks: Stacks, request: Request, audience: Audience, *, dry_run: bool, deadline: Deadline
) -> Deployed:
    """Create or update the stack. Blocks until it is done, at most until the deadline.

    Raises Refused for a stack that an operator must mend first, ConfigError for parameters that
    do not fit the template, ExternalFailure with the first failing event for a rollback.
    """
    stack = _settled(stacks, request.stack, audience, deadline)
    declared = stacks.template_parameters(request.template)
    whole = replace(request, parameters=complete_parameters(request.parameters, declared, stack))
    kind: ChangeSetKind = "CREATE" if stack is None else "UPDATE"
    name = f"{OUR_CHANGE_SETS}{secrets.token_hex(6)}"
    if not stacks.create_change_set(whole, kind, name):
        return Deployed(outcome="unchanged", stack=stack)
    change_set = _prepared(stacks, request.stack, name, deadline)
    if change_set.status == "FAILED":
        _discard(stacks, request.stack, name, kind)
        _refuse_unless_unchanged(change_set)
        return Deployed(outcome="unchanged", stack=stack)
    for change in change_set.changes:
        audience.change(change)
    if dry_run:
        _discard(stacks, request.stack, name, kind)
        return Deployed(outcome="dry_run", stack=stack, changes=change_set.changes)
    return _execute(stacks, request.stack, change_set, audience, deadline)


def _settled(
    stacks: Stacks, name: str, audience: Audience, deadline: Deadline
) -> StackFacts | None:
    """Return the stack when nothing is under way on it; None for one that is yet to be made."""
    other: EventStream | None = None

    def look() -> StackFacts | None:
        nonlocal other
        stack = stacks.stack(name)
        is_busy = stack is not None and is_under_way(stack)
        if other is not None:
            other.read()
            if not is_busy and (failure := first_failure(other.events)):
                audience.note(f"that failed: {in_words(failure)}")
        if stack is None or not is_busy:
            in_review = stack is not None and stack.status == REVIEW
            step = judge_state(stack, stacks.change_sets(name) if in_review else ())
            return stack if step == "update" else None
        if other is None:
            audience.note(f"{name} is in {stack.status}; waiting for that to end first")
            # By its id, because the events of a stack that is being deleted go with its name.
            other = EventStream(stacks, stack.stack_id, audience.event)
        raise NotYet(
            "stack_under_way",
            f"another operation on {name} has not ended: {stack.status}",
            hint=f"aws cloudformation describe-stack-events --stack-name {name}",
        )

    return look_until(look, f"{name} to settle", deadline=deadline, pace=EVENT_LOOKS)


def _prepared(stacks: Stacks, stack: str, name: str, deadline: Deadline) -> ChangeSet:
    def look() -> ChangeSet:
        found = stacks.change_set(stack, name)
        if found.status in {"CREATE_COMPLETE", "FAILED"}:
            return found
        raise NotYet(
            "change_set_under_way",
            f"the change set {name} of {stack} is in {found.status}",
            hint=f"it changes nothing by itself; run this again, and see {name} in the console",
        )

    return look_until(look, f"the change set {name}", deadline=deadline, pace=EVENT_LOOKS)


def _refuse_unless_unchanged(change_set: ChangeSet) -> None:
    if not says_unchanged(change_set.reason):
        raise change_set_refused(change_set.reason)


def _execute(
    stacks: Stacks, name: str, change_set: ChangeSet, audience: Audience, deadline: Deadline
) -> Deployed:
    before = stacks.stack(name)
    # What is new is new against this moment, before the change set is carried out.
    stream = EventStream(stacks, before.stack_id if before else name, audience.event)
    stacks.execute(name, change_set.name)
    final = await_end(stream, name, deadline)
    failure = first_failure(stream.events)
    judge_end(final.status, stream.events, nested_failure(stacks, failure))
    return Deployed(
        outcome="created" if final.status == "CREATE_COMPLETE" else "updated",
        stack=stacks.stack(name),
        changes=change_set.changes,
        leftovers=leftovers(stream.events),
    )


def _discard(stacks: Stacks, stack: str, name: str, kind: ChangeSetKind) -> None:
    """Leave nothing behind: neither the change set, nor the stack that is nothing but that."""
    stacks.delete_change_set(stack, name)
    if kind == "CREATE":
        stacks.delete_shell(stack)
