"""How an operation on a stack ended, and what failed first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ladybug_agent.errors import AgentError, ExternalFailure
from ladybug_fleet.stacks.model import StackEvent

CONSEQUENCE = ("Resource creation cancelled", "Resource update cancelled")
"""What CloudFormation says of resources that it stops because another failed."""

NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
"""How CloudFormation says that there is nothing to do: as a failure."""

SUCCESS = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
ROLLED_BACK = frozenset({"ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"})
ROLLBACK_FAILED = frozenset({"ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED"})
SIGNAL_WORDS = "FAILURE signal"


def says_unchanged(reason: str) -> bool:
    """Return whether a change set failed only because nothing would change."""
    return any(words in reason for words in NO_CHANGES)


def is_final(event: StackEvent) -> bool:
    """Return whether this event ends the operation: the stack's own, in a state that stays."""
    return event.is_of_the_stack and not event.status.endswith("_IN_PROGRESS")


def first_failure(events: Iterable[StackEvent]) -> StackEvent | None:
    """Return what failed first, of events in the order of time.

    Neither what was only cancelled on account of it, nor the stack itself if a resource failed.
    """
    failed = [
        event for event in events if _went_wrong(event) and not event.reason.startswith(CONSEQUENCE)
    ]
    return next((event for event in failed if not event.is_of_the_stack), next(iter(failed), None))


def _went_wrong(event: StackEvent) -> bool:
    # A stack that is cancelled, or stopped by a hook of the account, begins to roll back by itself.
    turned = event.is_of_the_stack and event.status.endswith("ROLLBACK_IN_PROGRESS")
    return event.status.endswith("_FAILED") or turned


def leftovers(events: Iterable[StackEvent]) -> tuple[StackEvent, ...]:
    """Return what an update that went well could not delete of what it replaced."""
    return tuple(
        event for event in events if event.status == "DELETE_FAILED" and not event.is_of_the_stack
    )


def judge_end(final: str, events: Sequence[StackEvent], inner: StackEvent | None) -> None:
    """Raise ExternalFailure, with the first failing event, for an operation that did not succeed.

    `final` is the stack's state at the end, `events` are those of the operation in the order of
    time, and `inner` is what failed first in a nested stack.
    """
    if final not in SUCCESS:
        failure = inner or first_failure(events)
        began = next((e.status for e in events if e.is_of_the_stack), "")
        raise _error(final, _phase(began), failure)


def _error(final: str, phase: str, failure: StackEvent | None) -> AgentError:
    first = in_words(failure) if failure else "no event says what"
    hint = _hint(failure)
    if final in ROLLED_BACK:
        return ExternalFailure(
            "stack_rolled_back",
            f"wanted the {phase} to complete, found it rolled back; first failed: {first}",
            hint=hint,
        )
    if final in ROLLBACK_FAILED:
        return ExternalFailure(
            "stack_rollback_failed",
            f"the {phase} failed, and so did its rollback ({final}); first failed: {first}",
            hint=f"{hint}; then run this again, which says how to go on",
        )
    return ExternalFailure(
        "stack_operation_failed",
        f"wanted the {phase} to complete, found the stack in {final}; first failed: {first}",
        hint=hint,
    )


def _phase(began: str) -> str:
    return {"CREATE": "creation", "DELETE": "deletion"}.get(began.partition("_")[0], "update")


def in_words(failure: StackEvent) -> str:
    reason = failure.reason or "no reason given"
    return f"{failure.logical_id} ({failure.kind}) {failure.status}: {reason}"


def _hint(failure: StackEvent | None) -> str:
    if failure and SIGNAL_WORDS in failure.reason:
        return (
            "a replica's boot failed: its console says why (aws ec2 get-console-output), by a"
            " code of docs/errors.md"
        )
    return "mend what failed first, and deploy again"
