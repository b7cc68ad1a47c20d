"""Asks all checks side by side: each as soon as what it needs is known, none for too long."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from ladybug_agent.branches import Beside
from ladybug_agent.clock import Deadline
from ladybug_agent.diagnose.check import Check, Found, Result
from ladybug_agent.diagnose.endings import blocked, found, given_up, not_reached, raised
from ladybug_agent.diagnose.scene import Scene

AT_ONCE = 16
"""Looks that go on at the same time. They wait for answers: more of them would help nobody."""
CHECK_S = 12.0
"""What one look may take. The adapters' own limits are below it: this is for one that hangs."""
GRACE_S = 0.3
"""For a look that goes by the same deadline to say so itself, which tells more."""
POLL_S = 0.05
END_S = 0.01
"""For a thread to end that has said it does."""


def examine(scene: Scene, checks: Sequence[Check]) -> dict[str, Result]:
    """Return how each check ended, by its id. Blocks to the scene's deadline at most, and
    `GRACE_S` more.

    A look that hangs is given up, and its thread left behind. No check takes another with it.
    """
    examination = _Examination(scene, checks)
    while examination.goes_on:
        examination.begin_what_can_be()
        examination.collect()
    return examination.results


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A check whose answer is awaited."""

    check: Check
    look: Beside[Found]
    began: float
    limit: Deadline


class _Examination:
    def __init__(self, scene: Scene, checks: Sequence[Check]) -> None:
        self._scene = scene
        self._waiting = {check.id: check for check in checks}
        self._known = frozenset(self._waiting)
        self._asked: dict[str, _Asked] = {}
        self._ended: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.results: dict[str, Result] = {}

    @property
    def goes_on(self) -> bool:
        return bool(self._waiting or self._asked)

    def begin_what_can_be(self) -> None:
        for check in tuple(self._waiting.values()):
            needs = [self.results.get(need) for need in check.needs if need in self._known]
            known = [result for result in needs if result is not None]
            if blocker := next((one for one in known if _blocks(one)), None):
                self._finish(blocked(check, blocker))
            elif len(known) < len(needs):
                continue
            elif self._scene.deadline.is_over:
                self._finish(not_reached(check))
            elif len(self._asked) < AT_ONCE:
                self._ask(self._waiting.pop(check.id))

    def collect(self) -> None:
        """Wait until a look has ended or may have taken too long, and take what there is."""
        if not self._asked:
            return
        with suppress(queue.Empty):
            if ended := self._asked.get(self._ended.get(timeout=POLL_S)):
                ended.look.wait(END_S)
        for asked in tuple(self._asked.values()):
            if asked.look.is_over or asked.limit.is_over:
                self._take(asked)

    def _take(self, asked: _Asked) -> None:
        check = self._asked.pop(asked.check.id).check
        took_ms = round(1000 * (self._scene.clock.monotonic() - asked.began), 1)
        failure = asked.look.failure
        if failure is not None:
            self.results[check.id] = raised(check, failure, took_ms)
        elif (seen := asked.look.result()) is not None:
            self.results[check.id] = found(check, seen, took_ms)
        else:
            self.results[check.id] = given_up(check, took_ms)

    def _ask(self, check: Check) -> None:
        capped = self._scene.deadline.capped(CHECK_S)
        limit = replace(capped, at=capped.at + GRACE_S)

        def look() -> Found:
            try:
                return check.look(self._scene)
            finally:
                self._ended.put(check.id)

        began = self._scene.clock.monotonic()
        beside = Beside(look, check.id, limit)
        self._asked[check.id] = _Asked(check=check, look=beside, began=began, limit=limit)

    def _finish(self, result: Result) -> None:
        del self._waiting[result.id]
        self.results[result.id] = result


def _blocks(need: Result) -> bool:
    return need.is_bad or need.status == "skip"
