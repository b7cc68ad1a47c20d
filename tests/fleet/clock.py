"""The clock of one machine of the fleet: everybody's virtual time, and a wall clock of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from fakes.clock import STARTED_AT, STARTED_S, FakeClock
from fleet.timeline import Task, Timeline

LEAST_JOIN_S = 1.0
"""The agent looks twenty times a second whether a branch has ended; here its end wakes it."""


class FleetStrand:
    def __init__(self, task: Task, clock: FleetClock) -> None:
        self._task = task
        self._clock = clock

    def is_alive(self) -> bool:
        return not self._task.is_over

    def join(self, timeout: float | None = None) -> None:
        if self._task.is_over or timeout == 0:
            return
        caller = self._clock.timeline.current
        self._task.joiners.append(caller)
        self._clock.pass_time(float("inf") if timeout is None else max(timeout, LEAST_JOIN_S))
        self._task.joiners.remove(caller)


class FleetClock(FakeClock):
    """`skew_s` is how far the machine's wall clock is ahead of the true time."""

    def __init__(self, timeline: Timeline, *, skew_s: float = 0.0) -> None:
        super().__init__()
        self.timeline = timeline
        self.skew_s = skew_s
        self._waiting: dict[Task, threading.Event] = {}

    @property
    def passed_s(self) -> float:
        return round(self.timeline.now_s, 3)

    def monotonic(self) -> float:
        return STARTED_S + self.timeline.now_s

    def utcnow(self) -> datetime:
        return STARTED_AT + timedelta(seconds=self.timeline.now_s + self.skew_s)

    def advance(self, seconds: float) -> None:
        self.pass_time(seconds)

    def let_pass(self, seconds: float) -> None:
        self.pass_time(seconds)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if not event.is_set():
            task = self.timeline.current
            self._waiting[task] = event
            self.pass_time(seconds)
            self._waiting.pop(task, None)
        return event.is_set()

    def start(self, work: Callable[[], None], name: str) -> FleetStrand:
        del name

        def whole() -> None:
            work()
            self._wake_told()

        return FleetStrand(self.timeline.start(whole), self)

    def pass_time(self, seconds: float) -> None:
        """Wait in virtual time; those of this machine that were told something go on first."""
        self._wake_told()
        self.timeline.sleep(seconds)

    def _wake_told(self) -> None:
        for task, event in list(self._waiting.items()):
            if event.is_set():
                del self._waiting[task]
                self.timeline.wake(task)
