"""Collect one file after the other; what fails is told in the manifest, and the next follows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ladybug_agent.clock import Deadline
from ladybug_agent.diagnose.bundle.collectors import MIB, Collector
from ladybug_agent.diagnose.bundle.spool import Spool
from ladybug_agent.errors import AgentError, describe

Outcome = Literal["whole", "cut", "failed", "left out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How large a bundle may be, and how long it may take."""

    total_bytes: int = 50 * MIB
    """Before compression, so that the file is smaller still."""
    free_bytes: int = 1024 * MIB
    """So much must be free where it is made, and three times `total_bytes`: a full root disk would
    make whatever is wrong worse."""
    each_s: float = 10.0
    all_s: float = 90.0

    @property
    def needed_bytes(self) -> int:
        return max(self.free_bytes, 3 * self.total_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the manifest says of one file."""

    name: str
    source: str
    outcome: Outcome
    bytes: int = 0
    redactions: int = 0
    duration_s: float = 0.0
    why: str = ""


def collect(
    plan: Iterable[Collector], room: Path, limits: Limits, deadline: Deadline
) -> tuple[Entry, ...]:
    """Fill the directory `room`. Blocks for at most `limits.all_s`, and 5 s for what cannot end."""
    entries: list[Entry] = []
    whole = deadline.capped(limits.all_s)
    for collector in plan:
        left = limits.total_bytes - sum(entry.bytes for entry in entries)
        if left <= 0:
            entries.append(_left_out(collector, f"the bundle has its {limits.total_bytes} bytes"))
        elif whole.is_over:
            entries.append(_left_out(collector, "the time was up"))
        else:
            entries.append(_collected(collector, room, left, whole.capped(limits.each_s)))
    return tuple(entries)


def _collected(collector: Collector, room: Path, left: int, deadline: Deadline) -> Entry:
    started = deadline.clock.monotonic()
    spool = Spool(room / collector.name, min(left, collector.most_bytes))
    why = ""
    with spool:
        try:
            why = collector.collect(spool, deadline)
        except AgentError as error:
            why = describe(error)
        except OSError as error:
            why = error.strerror or type(error).__name__
    cut: Outcome = "cut" if spool.is_cut else "whole"
    return Entry(
        name=collector.name,
        source=collector.source,
        outcome="failed" if why else cut,
        bytes=spool.size,
        redactions=spool.redactions,
        duration_s=round(deadline.clock.monotonic() - started, 3),
        why=why,
    )


def _left_out(collector: Collector, why: str) -> Entry:
    return Entry(name=collector.name, source=collector.source, outcome="left out", why=why)
