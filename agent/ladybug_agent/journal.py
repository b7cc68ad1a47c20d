"""The log of the health check: the lines of `logs.py`, without what those cost to load.

structlog takes longer to import than a whole health check.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TextIO

from ladybug_agent.clock import Clock

LEVELS = ("debug", "info", "warning", "error")


class Journal:
    """One event a line; a reader that goes away ends nothing."""

    def __init__(
        self,
        out: TextIO,
        clock: Clock,
        *,
        level: str = "info",
        as_text: bool = False,
        **facts: object,
    ) -> None:
        self._out = out
        self._clock = clock
        self._least = LEVELS.index(level)
        self._as_text = as_text
        self._facts = facts

    def debug(self, event: str, **facts: object) -> None:
        self._write("debug", event, facts)

    def info(self, event: str, **facts: object) -> None:
        self._write("info", event, facts)

    def warning(self, event: str, **facts: object) -> None:
        self._write("warning", event, facts)

    def error(self, event: str, **facts: object) -> None:
        self._write("error", event, facts)

    def _write(self, level: str, event: str, facts: dict[str, object]) -> None:
        if LEVELS.index(level) < self._least:
            return
        stamp = self._clock.utcnow().isoformat().replace("+00:00", "Z")
        if self._as_text:
            told = " ".join(f"{name}={value}" for name, value in facts.items())
            line = f"{stamp} [{level:<7}] {event} {told}".rstrip()
        else:
            document = {**self._facts, **facts, "event": event, "level": level, "timestamp": stamp}
            line = json.dumps(document, default=str)
        with suppress(OSError, ValueError):  # ValueError: closed on our side
            self._out.write(line + "\n")
            self._out.flush()
