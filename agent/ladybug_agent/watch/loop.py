"""The watch itself: look, keep what is announced, leave when it is time, and see it through."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ladybug_agent.announced import write_announced
from ladybug_agent.clock import Deadline
from ladybug_agent.config import Config
from ladybug_agent.errors import AgentError, Cancelled, Fenced
from ladybug_agent.journal import Journal
from ladybug_agent.ports.lifecycle import Announcements, ServiceManager
from ladybug_agent.state import StateDirectory
from ladybug_agent.watch.departure import Departure, judge_degraded, judge_departure

DRAIN_SLACK_S = 60.0
SILENT_LOOKS = 3
"""So many looks in vain are worth one line."""


class Leave(Protocol):
    def __call__(self, departure: Departure) -> bool:
        """Drain, and return whether nothing is left to do. Raises AgentError."""


@dataclass(slots=True)
class Memory:
    """What the watch has seen; lost with the process, for the world says it all again."""

    ignored: set[str] = field(default_factory=set)
    finished: str = ""
    """The key of the departure that was seen through."""
    reasons: tuple[str, ...] | None = None
    silent: int = 0
    garbled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    config: Config
    announcements: Announcements
    manager: ServiceManager
    leave: Leave
    journal: Journal
    deadline: Deadline
    """Without an end; cancelled when the process is told to stop."""
    memory: Memory = field(default_factory=Memory)

    def run(self) -> None:
        """Look every `drain.watch_interval_s` until told to stop."""
        self.manager.tell("READY=1", "STATUS=watching")
        while not self.deadline.is_over:
            self.manager.tell("WATCHDOG=1")
            self.look()
            self.deadline.pause(self.config.drain.watch_interval_s)
        self.manager.tell("STOPPING=1")

    def look(self) -> None:
        """Look once, and do what is to be done about it."""
        try:
            notices = self.announcements.notices()
        except AgentError as error:
            self._silent(error)
            return
        if self.memory.silent >= SILENT_LOOKS:
            self.journal.info("announcements_heard_again", missed=self.memory.silent)
        self.memory.silent = 0
        if notices.garbled != self.memory.garbled:
            self.memory.garbled = notices.garbled
            self.journal.warning("notices_garbled", paths=list(notices.garbled))
        self._keep(judge_degraded(notices))
        departure = judge_departure(notices, self.config.drain, self.deadline.clock.utcnow())
        done = self.memory.ignored | {self.memory.finished}
        if departure is not None and departure.key not in done:
            self._leave(departure)

    def _silent(self, error: AgentError) -> None:
        """A metadata service that does not answer announces nothing, and ends nothing."""
        self.memory.silent += 1
        if self.memory.silent == SILENT_LOOKS:
            self.journal.warning("announcements_unheard", code=error.code, message=str(error))

    def _keep(self, reasons: tuple[str, ...]) -> None:
        if reasons == self.memory.reasons:
            return
        path = StateDirectory(Path(self.config.instance.state_dir)).announced
        try:
            write_announced(path, reasons)
        except OSError as error:
            self.journal.warning("announcement_not_kept", path=str(path), error=str(error))
            return
        if reasons or self.memory.reasons:
            self.journal.info("announced", reasons=list(reasons))
        self.memory.reasons = reasons

    def _leave(self, departure: Departure) -> None:
        """Drain; what came to no end is begun again at the next look, for as long as it takes."""
        trigger = departure.trigger
        self.journal.warning("departure", trigger=trigger, budget_s=round(departure.budget_s, 1))
        limit_us = int((departure.budget_s + DRAIN_SLACK_S) * 1e6)
        self.manager.tell(f"STATUS=draining: {trigger}", f"WATCHDOG_USEC={limit_us}", "WATCHDOG=1")
        try:
            if self.leave(departure):
                self.memory.finished = departure.key
        except Cancelled as error:
            if error.code == "drain_undone":
                self.memory.ignored.add(departure.key)
                self.journal.warning("departure_undone", trigger=trigger)
        except Fenced as error:
            self.memory.ignored.add(departure.key)  # the agent that registered it drains it
            self.journal.error("departure_not_ours", code=error.code, message=str(error))
        except AgentError as error:
            self.journal.error(
                "departure_failed", code=error.code, message=str(error), hint=error.hint
            )
        word = "drained" if self.memory.finished == departure.key else "watching"
        self.manager.tell(f"STATUS={word}: {trigger}")
