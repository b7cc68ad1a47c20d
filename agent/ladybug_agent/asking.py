"""The probes of the gate, asked beside what the boot waits for."""

from __future__ import annotations

from ladybug_agent.boot import Boot
from ladybug_agent.branches import Beside
from ladybug_agent.errors import NotYet
from ladybug_agent.resources.hydration.readiness import Probes


class Asking:
    """The probes, asked in a thread of its own: an impaired volume may never answer one."""

    def __init__(self, probes: Probes, boot: Boot) -> None:
        self._probes = probes
        self._deadline = boot.deadline
        self._beside = Beside(probes.ask, "probes", boot.deadline) if probes.unanswered else None

    def check(self) -> None:
        """Raise NotYet until all have been answered, and what the asking has failed of."""
        if self._beside and not self._beside.is_over:
            raise NotYet(
                "probe_unanswered", f"no answer yet to the probe `{self._probes.unanswered}`"
            )
        if self._beside:
            self._beside.result()

    def wait(self, seconds: float) -> None:
        """Block for so long, or until they are answered; then for as long as all else takes."""
        if self._beside and not self._beside.is_over:
            self._beside.wait(seconds)
        else:
            self._deadline.pause(seconds)
