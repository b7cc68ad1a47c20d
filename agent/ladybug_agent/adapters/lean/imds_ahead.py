"""Instance metadata, asked ahead: what will be wanted is asked for side by side, each once.

A service that takes a second for each answer is then waited for once, and not ten times.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from ladybug_agent.adapters.lean.imds import LeanImds
from ladybug_agent.branches import Beside
from ladybug_agent.clock import Clock, Deadline
from ladybug_agent.errors import NotYet

ANSWER_S = 2.5
"""What one answer may take (`lean.imds.LIMITS`), and a little more."""


class ImdsAhead:
    """Asks for `paths` as soon as any of them is wanted, and keeps the answers.

    Of a path that ends with a slash, a directory, what it lists is asked for as soon as any of
    that is wanted.
    """

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
        self._imds.begin()
        self._ask_for(self._paths if path in self._paths else self._listed_with(path))
        return self._answer(path)

    def _listed_with(self, path: str) -> list[str]:
        """Return what stands in the same directory, if that is one of `paths`; else the path."""
        directory = f"{path.rpartition('/')[0]}/"
        listing = self.get(directory) if directory in self._paths else None
        return [f"{directory}{name}" for name in (listing or "").split()] + [path]

    def _ask_for(self, paths: Iterable[str]) -> None:
        """Begin to ask for those that nobody has asked for yet."""
        with self._guard:
            for path in paths:
                if path not in self._asked:
                    self._asked[path] = self._begin_asking(path)

    def _begin_asking(self, path: str) -> Beside[tuple[str | None]]:
        limit = Deadline.after(ANSWER_S, self._clock)
        return Beside(lambda: (self._imds.get(path),), path, limit)

    def _answer(self, path: str) -> str | None:
        """Return the answer; one that was lost is asked for once more, in a session that lives.

        Raises NotYet or ExternalFailure.
        """
        asked = self._asked[path]
        asked.wait(ANSWER_S)
        try:
            answer = asked.result()
        except NotYet:
            answer = None
        return answer[0] if answer else self._imds.get(path)
