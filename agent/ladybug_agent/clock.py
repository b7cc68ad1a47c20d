"""Time, as the agent sees it. Durations are seconds (float); no other module imports `time`."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from ladybug_agent.errors import Cancelled, DeadlineExceeded


class Clock(Protocol):
    def monotonic(self) -> float:
        """Return seconds on a clock that never jumps; for durations and deadlines."""
        ...

    def boottime(self) -> float:
        """Return seconds since the kernel started, time asleep included (CLOCK_BOOTTIME)."""
        ...

    def utcnow(self) -> datetime:
        """Return the wall clock, aware and in UTC; for people and for the registry row."""
        ...

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Block for `seconds` or until `event` is set; return whether it is set."""
        ...


class SystemClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def boottime(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def utcnow(self) -> datetime:
        return datetime.now(UTC)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return event.wait(seconds)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point on the monotonic clock, plus the flag that ends every wait early.

    Deadlines made from one another share the flag: cancelling one cancels all.
    """

    clock: Clock
    at: float
    cancelled: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def after(cls, seconds: float, clock: Clock) -> Deadline:
        return cls(clock, clock.monotonic() + seconds)

    def capped(self, seconds: float) -> Deadline:
        """Return the earlier of this deadline and `seconds` from now."""
        at = min(self.at, self.clock.monotonic() + seconds)
        return Deadline(self.clock, at, self.cancelled)

    def cancel(self) -> None:
        self.cancelled.set()

    @property
    def remaining_s(self) -> float:
        return max(0.0, self.at - self.clock.monotonic())

    @property
    def is_over(self) -> bool:
        return self.cancelled.is_set() or self.remaining_s <= 0

    def pause(self, seconds: float) -> None:
        """Block for `seconds`, or until cancelled, or until the deadline, whichever is first."""
        self.clock.wait(self.cancelled, min(seconds, self.remaining_s))

    def check(self, what: str) -> None:
        """Raise if the time is up or the work was cancelled; `what` completes "waiting for …"."""
        if self.cancelled.is_set():
            raise Cancelled("cancelled", f"stopped waiting for {what}")
        if self.remaining_s <= 0:
            raise DeadlineExceeded("deadline_exceeded", f"ran out of time waiting for {what}")


def iso_utc(moment: datetime) -> str:
    """Return UTC ISO-8601 to the second, as the registry's readers expect it.

    >>> iso_utc(datetime(2026, 2, 6, 12, 0, 0, 999, tzinfo=UTC))
    '2026-02-06T12:00:00Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
