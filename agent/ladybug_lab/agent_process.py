"""Run the agent as an instance does: as a process of its own, in redirected surroundings."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRun:
    """How a run ended: exit status (negative for a signal), standard output, log events."""

    status: int
    stdout: str
    events: tuple[Event, ...]

    def document(self) -> dict[str, Any]:
        """Return what the agent printed as JSON."""
        found: dict[str, Any] = json.loads(self.stdout)
        return found


def agent_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "ladybug_agent", *arguments]


def run_agent(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    timeout_s: float,
    on_event: Callable[[Event], None] = lambda _: None,
) -> AgentRun:
    """Run the agent to its end, handing every log event on as it comes; kill it after the time."""
    process = subprocess.Popen(
        agent_command(*arguments),
        env={**environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    guard = threading.Timer(timeout_s, process.kill)
    guard.start()
    printed: list[str] = []
    with process:
        reader = threading.Thread(target=lambda: printed.append(_read(process)))
        reader.start()
        events = tuple(_follow(process, on_event))
        reader.join()
    guard.cancel()
    return AgentRun(status=process.returncode, stdout="".join(printed), events=events)


def _read(process: subprocess.Popen[str]) -> str:
    return process.stdout.read() if process.stdout else ""


def _follow(process: subprocess.Popen[str], on_event: Callable[[Event], None]) -> list[Event]:
    """Return the log as events; a line that is not one of ours (a traceback) becomes an event."""
    events: list[Event] = []
    for line in process.stderr or ():
        try:
            event = json.loads(line)
        except ValueError:
            event = {"event": "unstructured_line", "line": line.rstrip()}
        events.append(event)
        on_event(event)
    return events
