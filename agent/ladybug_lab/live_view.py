"""The steps of a boot as they happen, and the timeline when it is over. ASCII, for any terminal."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

_REFRESH_S = 0.1
_BAR_WIDTH = 50
_HIDDEN = frozenset(
    {"boot_id", "duration_s", "error", "event", "level", "step", "timestamp", "verb"}
)
_MARKS = {"step_done": "ok", "step_failed": "FAILED", "step_cancelled": "stopped"}


class LiveView:
    """Prints a line for each step that ends; on a terminal also what is running now."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._running: dict[str, float] = {}
        self._lock = threading.Lock()

    def on_event(self, event: Mapping[str, Any]) -> None:
        name = event.get("event")
        with self._lock:
            if name == "step_started":
                self._running[event["step"]] = time.monotonic()
            elif name in _MARKS:
                self._running.pop(event["step"], None)
                self._print(_step_line(event))

    @contextmanager
    def refreshed(self) -> Iterator[None]:
        """Keep the line of running steps moving, on a terminal."""
        ended = threading.Event()
        thread = threading.Thread(target=self._refresh, args=(ended,))
        if self._out.isatty():
            thread.start()
        try:
            yield
        finally:
            ended.set()
            if thread.ident:
                thread.join()
                self._print("", end="")

    def _refresh(self, ended: threading.Event) -> None:
        while not ended.wait(_REFRESH_S):
            with self._lock:
                now = time.monotonic()
                running = [f"{name} {now - began:.1f} s" for name, began in self._running.items()]
                self._print(f"  ...      {', '.join(running)}" if running else "", end="")

    def _print(self, text: str, *, end: str = "\n") -> None:
        clear = "\r\x1b[K" if self._out.isatty() else ""
        print(f"{clear}{text}", end=end, file=self._out, flush=True)


def timeline(steps: Sequence[Mapping[str, Any]], total_s: float) -> list[str]:
    """Return a bar for each step: when it ran, drawn to scale."""
    scale = _BAR_WIDTH / max(total_s, 0.001)
    return [_bar(step, scale) for step in sorted(steps, key=lambda step: step["started_s"])]


def _bar(step: Mapping[str, Any], scale: float) -> str:
    took = step["duration_s"] or 0.0
    begin = min(int(step["started_s"] * scale), _BAR_WIDTH - 1)
    length = max(1, min(round(took * scale), _BAR_WIDTH - begin))
    bar = " " * begin + "#" * length
    return f"  {step['name']:<16} {step['started_s']:7.3f} {took:+8.3f} s  |{bar:<{_BAR_WIDTH}}|"


def _step_line(event: Mapping[str, Any]) -> str:
    facts = {name: value for name, value in event.items() if name not in _HIDDEN}
    shown = " ".join(f"{name}={_short(value)}" for name, value in facts.items())
    mark = _MARKS[event["event"]]
    return f"  {mark:<8} {event['duration_s']:7.3f} s  {event['step']:<16} {shown}".rstrip()


def _short(value: object) -> str:
    text = ",".join(str(item) for item in value) if isinstance(value, list) else str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."  # noqa: PLR2004
