"""Virtual time: whoever waits is set aside, and who is due first goes on. One at a time.

Boots are ordinary blocking code. Each activity is a greenlet with a stack of its own, all in one
thread, so that ten thousand boots need neither ten thousand threads nor real time, and the same
seed gives the same run.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from greenlet import getcurrent, greenlet


@dataclass(slots=True, eq=False)
class Task:
    """One activity; `ticket` is that of the wake-up which counts, for a wait may end early."""

    line: greenlet
    ticket: int = -1
    joiners: list[Task] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return bool(self.line.dead)


class Timeline:
    def __init__(self) -> None:
        self.now_s = 0.0
        self._queue: list[tuple[float, int, Task]] = []
        self._tickets = itertools.count()
        self._hub = getcurrent()
        self._current: Task | None = None

    @property
    def current(self) -> Task:
        """The activity that goes on now."""
        assert self._current is not None, "nobody may wait outside of `run`"
        return self._current

    def start(self, work: Callable[[], None], *, after_s: float = 0.0) -> Task:
        """Let work begin later, or as soon as the caller waits."""
        task = Task(greenlet(work, parent=self._hub))
        self.wake(task, after_s)
        return task

    def wake(self, task: Task, after_s: float = 0.0) -> None:
        """Let the task go on then, and forget when it was to go on before."""
        task.ticket = next(self._tickets)
        heapq.heappush(self._queue, (self.now_s + max(0.0, after_s), task.ticket, task))

    def sleep(self, seconds: float) -> None:
        """Let others go on until so much time has passed, or somebody wakes the caller."""
        self.wake(self.current, seconds)
        self._hub.switch()

    def run(self, until_s: float = float("inf")) -> None:
        """Go on until nobody waits any more, or to that time; an error ends it all."""
        while self._queue and self._queue[0][0] <= until_s:
            at_s, ticket, task = heapq.heappop(self._queue)
            if ticket != task.ticket or task.is_over:
                continue
            self.now_s, self._current = at_s, task
            task.line.switch()
            self._wake_joiners(task)
        self._current = None

    def _wake_joiners(self, task: Task) -> None:
        for joiner in task.joiners if task.is_over else ():
            self.wake(joiner)
