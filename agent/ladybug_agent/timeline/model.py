"""A boot as spans on one clock. All times are seconds since the kernel started."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Source = Literal["kernel", "systemd", "cloud-init", "stub", "agent", "health", "hydration"]
"""Who measured the span."""
SpanStatus = Literal["done", "failed", "cancelled", "running", "unknown"]

FIRST_ANSWER = "first healthy answer"
REGISTERED = "registered"
LOAD = "load"
"""The span of the agent's loading."""
AGAIN = "again"
"""The lane of whole runs other than the one whose steps are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of the boot."""

    name: str
    source: Source
    started_s: float
    ended_s: float | None
    """None while it runs, or if nobody saw its end."""
    status: SpanStatus = "done"
    code: str = ""
    """The error code of a span that failed."""
    note: str = ""
    """A fact worth a glance: bytes pulled, the volume's id."""
    lane: str = ""
    """Which of the activities that run side by side it belongs to: `data`, `image` ..."""

    @property
    def is_left(self) -> bool:
        """Whether it is a step of the boot that is under way, or that nobody saw the end of."""
        is_open = self.status in {"running", "unknown"}
        return is_open and self.source == "agent" and self.is_of_the_boot

    @property
    def is_of_the_boot(self) -> bool:
        """Whether it is a part of the boot shown, and not another run as a whole."""
        return self.lane not in {AGAIN, "hydration"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """A point in time that people ask for: first healthy answer, registration."""

    name: str
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """One boot of this instance. `missing` names the sources that could not be read, with why."""

    boot_id: str
    kernel_started_at: datetime
    """UTC."""
    outcome: str
    """As in the boot record: registered, failed, cancelled, running, interrupted, absent."""
    spans: tuple[Span, ...]
    milestones: tuple[Milestone, ...]
    agent_version: str = ""
    instance_id: str = ""
    missing: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    """What a reader must know to read it right: that the wall clock was set, say."""
    code: str = ""
    """The error code of a boot that failed."""
    hint: str = ""
    """What to do about it, as the record says."""

    @property
    def registered_s(self) -> float | None:
        """When the replica was registered; None if it was not."""
        return next((one.at_s for one in self.milestones if one.name == REGISTERED), None)

    @property
    def failed_at(self) -> Span | None:
        """The first step of the agent that failed, and so ended the boot."""
        steps = (one for one in self.spans if one.source == "agent" and one.is_of_the_boot)
        return next((one for one in steps if one.status == "failed"), None)
