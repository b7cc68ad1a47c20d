"""Instance metadata, asked ahead: what will be wanted is asked for side by side, each once.

A service that takes a second for each answer is then waited for once, and not ten times.
"""

from __future__ import annotations

import threading

from ladybug_agent.adapters.lean.imds import LeanImds
from ladybug_agent.branches import Beside
from ladybug_agent.clock import Clock, Deadline

ANSWER_S = 2.5
"""What one answer may take (`lean.imds.LIMITS`), and a little more."""


class ImdsAhead:
    """Asks for `paths` as soon as any of them is wanted, and keeps the answers."""

    def __init__(self, imds: LeanImds, paths: tuple[str, ...], clock: Clock) -> None:
        self._imds = imds
        self._paths = paths
        self._clock = clock
        self._guard = threading.Lock()
        self._asked: dict[str, Beside[tuple[str | None]]] = {}

    def begin(self) -> None:
        """Ask for a session, unless there is one. Raises NotYet, or ExternalFailure."""
        self._imds.begin()

    def get(self, path: str) -> str | None:
        """Return the text at `latest/<path>`, or None where there is none (404)."""
        if path not in self._paths:
            return self._imds.get(path)
        self._imds.begin()
        with self._guard:
            if not self._asked:
                self._asked = {one: self._begin_asking(one) for one in self._paths}
        return self._answer(path)

    def _begin_asking(self, path: str) -> Beside[tuple[str | None]]:
        limit = Deadline.after(ANSWER_S, self._clock)
        return Beside(lambda: (self._imds.get(path),), path, limit)

    def _answer(self, path: str) -> str | None:
        asked = self._asked[path]
        asked.wait(ANSWER_S)
        # It has limits of its own; should it have lost them, it is asked once more.
        answer = asked.result()
        return answer[0] if answer else self._imds.get(path)
