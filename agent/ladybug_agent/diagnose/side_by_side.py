"""Several looks at once, for a check that asks the same of many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from ladybug_agent.branches import Beside
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, DeadlineExceeded

T = TypeVar("T")


def side_by_side(
    looks: Mapping[str, Callable[[], T]], deadline: Deadline
) -> dict[str, T | AgentError]:
    """Return what each look saw, or the error it ended with. Blocks for as long as the slowest.

    A look must not return None: that is one that has not ended.
    """
    begun: dict[str, Beside[T]] = {
        name: Beside(look, name, deadline) for name, look in looks.items()
    }
    seen: dict[str, T | AgentError] = {}
    for name, one in begun.items():
        ended = _ended(name, one, deadline)
        seen[name] = ended
    return seen


def _ended(name: str, one: Beside[T], deadline: Deadline) -> T | AgentError:
    one.wait(deadline.remaining_s)
    try:
        seen = one.result()
    except AgentError as error:
        return error
    if seen is None:
        return DeadlineExceeded("deadline_exceeded", f"wanted {name}, found no answer in time")
    return seen
