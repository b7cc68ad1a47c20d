"""The only waiting loop in the agent, and the only module that imports tenacity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog
import tenacity

from ladybug_agent.clock import Deadline
from ladybug_agent.errors import Cancelled, DeadlineExceeded, NotYet

T = TypeVar("T")
log = structlog.get_logger(__name__)

GROWTH = 1.25


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a wait looks again: after `first_s`, then a quarter later each time, to `most_s`.

    A wait that ends after a time T is so noticed at most about a quarter of T late.
    """

    first_s: float
    most_s: float

    def pause_s(self, attempt: int) -> float:
        """Return the pause after the given attempt (from 1), in seconds.

        >>> [Pace(0.1, 1.0).pause_s(n) for n in (1, 2, 99)]
        [0.1, 0.125, 1.0]
        """
        # The exponent is bounded because a wait of hours would overflow a float.
        return min(self.most_s, self.first_s * GROWTH ** min(attempt - 1, 60))


BRISK = Pace(0.02, 1.0)
STEADY = Pace(0.2, 2.0)


def wait_until(
    probe: Callable[[], T],
    what: str,
    *,
    deadline: Deadline,
    pace: Pace = STEADY,
    sleep: Callable[[float], None] | None = None,
) -> T:
    """Call `probe` until it returns; `NotYet` means look again after a pause.

    Any other error ends the wait at once. The last `NotYet` is the cause of the `DeadlineExceeded`
    or `Cancelled` that a wait in vain ends with. `sleep` may wake early (udev has an event);
    it must return when the deadline is cancelled, within a second.
    """
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(NotYet),
        # tenacity's stop_after_delay reads the real clock; a deadline may be on another one.
        stop=lambda _: deadline.is_over,
        wait=lambda state: min(pace.pause_s(state.attempt_number), deadline.remaining_s),
        sleep=sleep or deadline.pause,
        before_sleep=_note(what, deadline),
        reraise=True,
    )
    try:
        return retrying(probe)
    except NotYet as last:
        if deadline.cancelled.is_set():
            raise Cancelled("cancelled", f"stopped waiting for {what}") from last
        raise DeadlineExceeded(
            "deadline_exceeded", f"ran out of time waiting for {what}", hint=last.hint
        ) from last


def _note(what: str, deadline: Deadline) -> Callable[[tenacity.RetryCallState], None]:
    """Return what logs each look in vain."""

    def note(state: tenacity.RetryCallState) -> None:
        reason = state.outcome.exception() if state.outcome else None
        log.debug(
            "still_waiting",
            what=what,
            attempt=state.attempt_number,
            left_s=round(deadline.remaining_s, 1),
            reason=str(reason),
        )

    return note
