"""Reading a stack's events as they come."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice, takewhile

from ladybug_agent.clock import Deadline
from ladybug_agent.errors import NotYet
from ladybug_agent.waiting import Pace
from ladybug_fleet.patience import look_until
from ladybug_fleet.stacks.model import STACK_TYPE, StackEvent
from ladybug_fleet.stacks.outcomes import first_failure, is_final
from ladybug_fleet.stacks.port import Stacks

EVENT_LOOKS = Pace(1.0, 5.0)
MOST_NESTED = 5


class EventStream:
    """The events after the moment that it was made in, each told once."""

    def __init__(self, stacks: Stacks, stack: str, tell: Callable[[StackEvent], None]) -> None:
        self._stacks = stacks
        self._stack = stack
        self._tell = tell
        self._last = next((event.event_id for event in stacks.events(stack)), "")
        self.events: list[StackEvent] = []

    def read(self) -> list[StackEvent]:
        """Fetch what is new, tell it, and return it in the order of time."""
        newest_first = takewhile(
            lambda event: event.event_id != self._last, self._stacks.events(self._stack)
        )
        fresh = list(newest_first)[::-1]
        if fresh:
            self._last = fresh[-1].event_id
        self.events += fresh
        for event in fresh:
            self._tell(event)
        return fresh


def await_end(stream: EventStream, stack: str, deadline: Deadline) -> StackEvent:
    """Block until the stack's own event ends the operation, and return that.

    The stack's state is no answer: for a moment after the beginning it still is the one before.
    Raises DeadlineExceeded; the operation goes on all the same.
    """

    def look() -> StackEvent:
        for event in stream.read():
            if is_final(event):
                return event
        raise NotYet(
            "stack_under_way",
            f"the operation on {stack} has not ended; {len(stream.events)} events so far",
            hint="it goes on: run this again to follow it, or aws cloudformation"
            f" describe-stack-events --stack-name {stack}",
        )

    return look_until(look, f"the operation on {stack}", deadline=deadline, pace=EVENT_LOOKS)


def nested_failure(stacks: Stacks, failure: StackEvent | None) -> StackEvent | None:
    """Return what failed first inside of a nested stack that failed; None if it was none."""
    found = None
    for _ in range(MOST_NESTED):
        if failure is None or failure.kind != STACK_TYPE or failure.is_of_the_stack:
            break
        # A nested stack is young, or its newest events are what matters.
        newest = list(islice(stacks.events(failure.physical_id), 200))
        failure = first_failure(reversed(newest))
        found = failure or found
    return found
