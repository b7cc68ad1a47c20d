"""Whether the machine is going down, and processes that are to stop."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from ladybug_agent.adapters.commands import run_command
from ladybug_agent.clock import Clock, Deadline
from ladybug_agent.errors import ExternalFailure

ASK_S = 5.0
ANY_STATUS = frozenset(range(256))


class SystemdPower:
    """Asks systemd (systemctl(1), is-system-running)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def is_stopping(self) -> bool:
        """Return whether a shutdown is under way; one that cannot be asked about counts as one."""
        try:
            said = run_command(
                ["systemctl", "is-system-running"],
                deadline=Deadline.after(ASK_S, self._clock),
                good=ANY_STATUS,  # it is the word that counts
            )
        except ExternalFailure:
            return True
        return said.stdout.strip() == "stopping"


class SystemProcesses:
    def terminate(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
