"""How a program ended, for the operator."""

from __future__ import annotations

import signal
from collections.abc import Iterable

TAIL_LINES = 20


def in_words(returncode: int) -> str:
    """Return `status 1`, or the signal that ended the program.

    >>> in_words(-9)
    'signal SIGKILL'
    """
    if returncode >= 0:
        return f"status {returncode}"
    return f"signal {signal.Signals(-returncode).name}"


def last_lines(outputs: Iterable[str]) -> str:
    """Return the last lines of what was printed, in one line.

    >>> last_lines(("", "mount: no\\nmedium\\n"))
    'mount: no / medium'
    """
    lines = [line for text in outputs for line in text.strip().splitlines()]
    return " / ".join(lines[-TAIL_LINES:]) or "no output"
