"""Long waits of the operator tools: they outlast a moment in which AWS does not answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure, NotYet
from ladybug_agent.waiting import Pace, wait_until

T = TypeVar("T")
PASSING = frozenset({"aws_throttled", "aws_unreachable"})
LOOKS = Pace(2.0, 10.0)


def look_until(look: Callable[[], T], what: str, *, deadline: Deadline, pace: Pace = LOOKS) -> T:
    """Look until `look` returns; `NotYet` means look again. As `ladybug_agent.waiting.wait_until`.

    A network that is away for a minute must not end a wait of an hour; what a look needs, it asks
    anew each time, so the next one makes up for it.
    """

    def ask() -> T:
        try:
            return look()
        except ExternalFailure as error:
            if error.code not in PASSING:
                raise
            raise NotYet(
                "aws_not_answering", f"AWS does not answer while we wait: {error}", hint=error.hint
            ) from error

    return wait_until(ask, what, deadline=deadline, pace=pace)
