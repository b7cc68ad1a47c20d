"""This boot beside earlier ones of the same instance: what got slower."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from ladybug_agent.timeline.model import REGISTERED, Timeline
from ladybug_agent.timeline.wording import agent_s, first_answer_s

SLOWER_FACTOR = 1.25
SLOWER_S = 0.5
"""Slower is what takes a quarter longer than usual, and half a second."""
MUCH_FACTOR = 2.0
MUCH_S = 10.0
"""Much slower is a boot that takes twice as long as usual, and ten seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One duration of this boot, and what it usually is. Seconds."""

    name: str
    now_s: float
    usual_s: float
    """The median of the earlier boots."""
    boots: int
    """In how many earlier boots it was measured."""

    @property
    def more_s(self) -> float:
        return self.now_s - self.usual_s

    @property
    def is_slower(self) -> bool:
        return self.more_s >= SLOWER_S and self.now_s >= SLOWER_FACTOR * self.usual_s

    @property
    def is_much_slower(self) -> bool:
        return self.more_s >= MUCH_S and self.now_s >= MUCH_FACTOR * self.usual_s


def compare(this: Timeline, earlier: Sequence[Timeline]) -> list[Measure]:
    """Return what was measured now and before, in the order of this boot.

    Only boots that registered a replica say what is usual.
    """
    good = [dict(durations(one)) for one in earlier if one.registered_s is not None]
    found = []
    for name, now_s in durations(this):
        known = [one[name] for one in good if name in one]
        if known:
            found.append(
                Measure(
                    name=name,
                    now_s=round(now_s, 3),
                    usual_s=round(median(known), 3),
                    boots=len(known),
                )
            )
    return found


def durations(timeline: Timeline) -> Iterator[tuple[str, float]]:
    """Yield what a boot is measured by, each name once: its spans, and the ways to its marks."""
    seen = set()
    for span in timeline.spans:
        if span.status == "done" and span.ended_s is not None and span.is_of_the_boot:
            name = f"{span.source} {span.name}"
            if name not in seen:
                seen.add(name)
                yield name, span.ended_s - span.started_s
    registered_s, took_s = timeline.registered_s, agent_s(timeline)
    if registered_s is not None and took_s is not None:
        yield AGENT, took_s
        if (answer_s := first_answer_s(timeline)) is not None:
            yield "kernel to first healthy answer", answer_s
        yield WHOLE, registered_s


AGENT = f"agent to {REGISTERED}"
WHOLE = f"kernel to {REGISTERED}"
