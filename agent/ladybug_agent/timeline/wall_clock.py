"""Putting wall-clock times on the kernel's clock, also where the wall clock was set in between.

The kernel's clock (CLOCK_BOOTTIME) never jumps; the wall clock does, when NTP first sets it. Where
both were read at the same moment there is an anchor. A wall-clock time is put where the anchor that
is nearest to the result puts it: what was written before the step goes by anchors from before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STEP_S = 0.5
"""Less than that is the clock's slow correction, and of no interest."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """One moment, read on both clocks."""

    boottime_s: float
    wall_s: float
    """Seconds since the epoch."""

    @property
    def kernel_started_s(self) -> float:
        return self.wall_s - self.boottime_s

    @classmethod
    def at(cls, boottime_s: float, wall: datetime) -> Anchor:
        return cls(boottime_s, wall.timestamp())


class WallClock:
    """The wall clock of one boot, as its anchors tell it."""

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        self._anchors = sorted(anchors, key=lambda one: one.boottime_s)

    def boottime_s(self, wall_s: float) -> float | None:
        """Return the moment in seconds since the kernel started; None if there is no anchor.

        Negative where it was before: in an earlier boot, that is.
        """
        placed = (
            (abs(wall_s - anchor.wall_s), wall_s - anchor.kernel_started_s)
            for anchor in self._anchors
        )
        return min(placed, default=(0.0, None))[1]

    @property
    def kernel_started_at(self) -> datetime:
        """When the kernel started, by the latest anchor: by then NTP has set the clock."""
        started_s = self._anchors[-1].kernel_started_s if self._anchors else 0.0
        try:
            return EPOCH + timedelta(seconds=round(started_s, 3))
        except OverflowError:
            return EPOCH

    @property
    def steps(self) -> list[tuple[float, float]]:
        """Return when the wall clock was set, at the latest, and by how many seconds."""
        pairs = zip(self._anchors, self._anchors[1:], strict=False)
        moves = ((b.boottime_s, b.kernel_started_s - a.kernel_started_s) for a, b in pairs)
        return [(at_s, by_s) for at_s, by_s in moves if abs(by_s) >= STEP_S]


def plausible(value: object, most: float = 1e11) -> float | None:
    """Return a number that can be a time in seconds; None for anything else that JSON may hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < most else None


def epoch_s(text: object) -> float | None:
    """Return an ISO-8601 time as seconds since the epoch; UTC where it does not say; or None.

    >>> epoch_s("1970-01-01T00:01:00Z"), epoch_s("yesterday")
    (60.0, None)
    """
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
