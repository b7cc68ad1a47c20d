"""Time that passes only when somebody waits for it."""

from __future__ import annotations

import threading
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

from ladybug_agent.clock import SystemClock
from ladybug_agent.waiting import Pace

STARTED_AT = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
STARTED_S = 1000.0
HELD_S = 10.0
MOMENT_S = 0.01


class FakeClock:
    """A clock whose `now` is a context variable, so that each branch has a time of its own.

    With `stands_still` no wait ever ends by itself: it lasts, in real time, until it is cancelled.
    """

    def __init__(self, *, stands_still: bool = False) -> None:
        self._now: ContextVar[float] = ContextVar("now", default=STARTED_S)
        self._stands_still = stands_still

    @property
    def passed_s(self) -> float:
        """Seconds since the clock was made, to the millisecond."""
        return round(self._now.get() - STARTED_S, 3)

    def monotonic(self) -> float:
        return self._now.get()

    def boottime(self) -> float:
        """Return the same: the fake machine never sleeps."""
        return self._now.get()

    def utcnow(self) -> datetime:
        return STARTED_AT + timedelta(seconds=self._now.get() - STARTED_S)

    def advance(self, seconds: float) -> None:
        self._now.set(self._now.get() + seconds)

    def let_pass(self, seconds: float) -> None:
        """Pass the time of a wait that nobody can end early.

        A clock that stands still gives way, for a moment of real time, to whoever may cancel.
        """
        if self._stands_still:
            threading.Event().wait(MOMENT_S)
        else:
            self.advance(seconds)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if self._stands_still:
            if not event.wait(HELD_S):
                message = f"nobody cancelled a wait for {HELD_S:g} s"
                raise TimeoutError(message)
        elif not event.is_set():
            self.advance(seconds)
        return event.is_set()


class RealClock(SystemClock):
    """Real time, for work in threads of its own; the date is that of the fakes."""

    def utcnow(self) -> datetime:
        return STARTED_AT


def waited_s(pace: Pace, looks_in_vain: int) -> float:
    """Return how long a wait of so many looks in vain takes, to the millisecond."""
    now = STARTED_S
    for attempt in range(1, looks_in_vain + 1):
        now += pace.pause_s(attempt)
    return round(now - STARTED_S, 3)
