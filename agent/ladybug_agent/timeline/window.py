"""Which stretch of time a chart shows, and where on it a span lies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor, log10

from ladybug_agent.timeline.model import Span, Timeline

NEAR_S = 120.0
"""What lies further than that from the rest is not drawn: a boot run again after hours, say."""
LEAST_S = 0.001
TICKS = 5


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when, in seconds since the kernel started."""

    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        return max(LEAST_S, self.end_s - self.start_s)

    def share(self, at_s: float) -> float:
        """Return where a moment lies, from 0 to 1; what is outside is at the edge."""
        return min(1.0, max(0.0, (at_s - self.start_s) / self.length_s))

    def bar(self, span: Span) -> tuple[float, float] | None:
        """Return from where to where the span's bar goes, as shares; None if it is outside."""
        end = self.end_s if span.ended_s is None else span.ended_s
        if end < self.start_s or span.started_s > self.end_s:
            return None
        return self.share(span.started_s), self.share(end)

    def ticks(self) -> list[float]:
        """Return round moments within the window, about five of them."""
        step = _round_step(self.length_s / TICKS)
        first = -(-self.start_s // step)
        count = int((self.end_s - first * step) / step) + 1
        return [round((first + number) * step, 6) for number in range(max(0, count))]


def window_of(timeline: Timeline) -> Window:
    """Return the stretch around the agent's steps in which there is always something near."""
    steps = [one for one in timeline.spans if one.source == "agent" and one.is_of_the_boot]
    # The background goes on for hours: it is drawn as far as the rest goes.
    others = [one for one in timeline.spans if one.source != "hydration"]
    start, end = _extent(steps or others[:1])
    for span in sorted(others, key=lambda one: -_end(one)):
        if span.started_s <= end and _end(span) >= start - NEAR_S:
            start = min(start, span.started_s)
    for span in sorted(others, key=lambda one: one.started_s):
        if start <= span.started_s <= end + NEAR_S:
            end = max(end, _end(span))
    return Window(start, end)


def _extent(spans: Iterable[Span]) -> tuple[float, float]:
    """Return the stretch of those that are near the first one."""
    start = end = None
    for span in sorted(spans, key=lambda one: one.started_s):
        if start is None or end is None:
            start, end = span.started_s, _end(span)
        elif span.started_s <= end + NEAR_S:
            end = max(end, _end(span))
    return start or 0.0, end or 1.0


def _end(span: Span) -> float:
    return span.started_s if span.ended_s is None else span.ended_s


def _round_step(least: float) -> float:
    """Return the next of 1, 2, 5, 10 ... that is not below.

    >>> _round_step(0.3), _round_step(7), _round_step(10)
    (0.5, 10.0, 10.0)
    """
    power = 10.0 ** floor(log10(max(LEAST_S, least)))
    return next(unit * power for unit in (1, 2, 5, 10) if unit * power >= least * 0.999)
