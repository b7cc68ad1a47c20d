"""How far a wait is: one line that changes on a terminal, a line now and then in a log."""

from __future__ import annotations

import shutil
import sys
from typing import TextIO

from ladybug_agent.clock import Clock

EVERY_S = 60.0
ERASE = "\r\x1b[K"


class Progress:
    """Writes to standard error. In a log a line comes when it changes, and once a minute."""

    def __init__(self, clock: Clock, stream: TextIO | None = None) -> None:
        self._clock = clock
        self._stream = stream or sys.stderr
        self._began = clock.monotonic()
        self._last_text = ""
        self._last_at = self._began
        self._is_open = False

    def show(self, text: str) -> None:
        passed_s = self._clock.monotonic() - self._began
        line = f"[{passed_s // 60:02.0f}:{passed_s % 60:02.0f}] {text}"
        if self._stream.isatty():
            width = shutil.get_terminal_size().columns - 1
            self._write(f"{ERASE}{line[:width]}")
            self._is_open = True
        elif text != self._last_text or self._clock.monotonic() - self._last_at >= EVERY_S:
            self._write(f"{line}\n")
            self._last_text, self._last_at = text, self._clock.monotonic()

    def close(self) -> None:
        """End the line, so that what comes next stands on its own."""
        if self._is_open:
            self._write("\n")
            self._is_open = False

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
