"""What can be done with a stack in each of its states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ladybug_agent.errors import Refused
from ladybug_fleet.stacks.model import StackFacts

NextStep = Literal["create", "update"]
REVIEW = "REVIEW_IN_PROGRESS"
OUR_CHANGE_SETS = "ladybug-"

UPDATABLE = frozenset(
    {
        "CREATE_COMPLETE",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
    }
)
DEAD = frozenset({"CREATE_FAILED", "DELETE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"})
STUCK = frozenset({"IMPORT_ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED"})


def is_under_way(stack: StackFacts) -> bool:
    """Return whether an operation must end before another can begin."""
    return stack.status.endswith("_IN_PROGRESS") and stack.status != REVIEW


def judge_state(stack: StackFacts | None, change_sets: Sequence[str] = ()) -> NextStep:
    """Return what comes next, when nothing is under way. Raises Refused if an operator must act.

    `change_sets` are those that wait for a review; only a stack in REVIEW_IN_PROGRESS needs them.
    """
    if stack is None or stack.status == "DELETE_COMPLETE":
        return "create"
    if stack.status == REVIEW:
        return _judge_review(stack, change_sets)
    if stack.status in UPDATABLE:
        return "update"
    raise _unusable(stack)


def _judge_review(stack: StackFacts, change_sets: Sequence[str]) -> NextStep:
    """A stack that is only change sets: those that an earlier run of ours left do not matter."""
    others = [name for name in change_sets if not name.startswith(OUR_CHANGE_SETS)]
    if not others:
        return "create"
    raise Refused(
        "stack_in_review",
        f"wanted to create {stack.name}, found change sets of others that wait for a review:"
        f" {', '.join(others)}",
        hint="execute or delete them first: aws cloudformation delete-change-set",
    )


def _unusable(stack: StackFacts) -> Refused:
    found = f"wanted a stack {stack.name} that can be updated, found it in {stack.status}"
    if stack.status in DEAD:
        return Refused(
            "stack_must_be_deleted",
            found,
            hint=f"see why (aws cloudformation describe-stack-events --stack-name {stack.name}),"
            f" then: aws cloudformation delete-stack --stack-name {stack.name}",
        )
    if stack.status in STUCK:
        return Refused(
            "stack_rollback_failed",
            found,
            hint="aws cloudformation continue-update-rollback --stack-name"
            f" {stack.name} (--resources-to-skip for what cannot be rolled back)",
        )
    if stack.status == "UPDATE_FAILED":
        return Refused(
            "stack_update_failed",
            found,
            hint=f"aws cloudformation rollback-stack --stack-name {stack.name}",
        )
    return Refused(
        "stack_state_unknown", found, hint="this version does not know that state; look at it"
    )
