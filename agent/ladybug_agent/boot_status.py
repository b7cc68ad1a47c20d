"""The boot's status line in systemd: what it does now, and how it ended (`systemctl status`).

`ladybug-boots` reads how it ended, too: a boot that ends with no word of its own has crashed.
"""

from __future__ import annotations

import threading

from ladybug_agent.errors import AgentError, Cancelled, describe
from ladybug_agent.ports.lifecycle import ServiceManager
from ladybug_agent.record import StepRecord

AFTER_S = 60.0
"""What a boot may take beyond its time: one call to AWS, the signals, stopping its container."""
LONGEST = 400


class BootStatus:
    """Tells the service manager; an observer of the boot record. Safe for two threads."""

    def __init__(self, manager: ServiceManager) -> None:
        self._manager = manager
        self._lock = threading.Lock()
        self._running: list[str] = []

    def began(self, limit_s: float) -> None:
        """Ask for all the time that the configuration gives the boot, where the unit gives less."""
        limit_us = int((limit_s + AFTER_S) * 1e6)
        self._manager.tell(f"EXTEND_TIMEOUT_USEC={limit_us}", "STATUS=starting")

    def __call__(self, step: StepRecord) -> None:
        """Name the steps that run; the branches have one each."""
        with self._lock:
            if step.status == "running":
                self._running.append(step.name)
            elif step.name in self._running:
                self._running.remove(step.name)
            if self._running:
                self._manager.tell(f"STATUS={', '.join(self._running)}")

    def registered(self) -> None:
        self._manager.tell("READY=1", "STATUS=registered")

    def failed(self, error: AgentError) -> None:
        """Say why, in one line; the words before the colon are read by `ladybug-boots`."""
        outcome = "cancelled" if isinstance(error, Cancelled) else "failed"
        line = " ".join(f"{outcome}: {describe(error)}".split())
        self._manager.tell(f"STATUS={line[:LONGEST]}")
