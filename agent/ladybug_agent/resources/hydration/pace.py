"""How fast to read: a token bucket, and what moves its rate. Rates are bytes a second."""

from __future__ import annotations

from dataclasses import dataclass

BURST_S = 0.05
"""How much of a second's bytes may come at once."""
STARVED, STARVED_SECONDS = 0.9, 2
"""Below this share of the rate that was allowed, for so long, the volume holds the reading up."""
LEAST_SHARE = 0.02
"""Of the volume's throughput: what is left to the background of a volume that hardly answers."""
GROWTH = 1.1
REGROW_S = 30.0
YIELDING = 0.5
"""What is left of the rate while queries read from the volume themselves."""
QUEUEING = 1.5
"""By so much longer than at less depth a usual read takes when reads wait for each other."""
READS_OF_A_QUERY = 20
"""Reads a second by others from which somebody is waiting for the volume."""


class TokenBucket:
    """Lets so many bytes a second pass. Not safe for threads by itself: the crew's lock guards it.

    >>> bucket = TokenBucket(1000.0, now=0.0)
    >>> bucket.take(1000, now=0.0); bucket.wait_s(now=0.0), bucket.wait_s(now=0.5)
    (0.95, 0.45)
    """

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._at = now
        self._level = rate * BURST_S

    @property
    def rate(self) -> float:
        return self._rate

    def set_rate(self, rate: float, now: float) -> None:
        self._fill(now)
        self._rate = rate
        self._level = min(self._level, rate * BURST_S)

    def wait_s(self, now: float) -> float:
        """Return how long until the next piece may be read, whatever its size."""
        self._fill(now)
        return max(0.0, round(-self._level / self._rate, 6))

    def take(self, count: int, now: float) -> None:
        """Pay for a piece; the debt is paid off before the next."""
        self._fill(now)
        self._level -= count

    def _fill(self, now: float) -> None:
        self._level = min(self._level + (now - self._at) * self._rate, self._rate * BURST_S)
        self._at = now


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """What went on in about a second of background reading."""

    now: float
    elapsed_s: float
    read_bytes: int
    was_held_up: bool
    """The bucket held at least one read back: the rate was the limit, not the volume."""
    others_reads: int
    """Reads of the device that were not ours."""


class BackgroundRate:
    """A share of what the volume can do, learnt from what it does; halved while queries read.

    The ceiling is the volume's own throughput, until reading turns out slower than allowed: then
    S3 is the limit, and what was reached is the ceiling. From time to time a little more is tried.
    """

    def __init__(self, ceiling: float, share: float, now: float) -> None:
        self._most = ceiling
        self._ceiling = ceiling
        self._share = share
        self._changed_at = now
        self._starved = 0
        self.yields = False

    @property
    def ceiling(self) -> float:
        return self._ceiling

    @property
    def rate(self) -> float:
        return self._ceiling * self._share * (YIELDING if self.yields else 1.0)

    def learn(self, second: Second) -> float:
        """Return the rate for the next second."""
        reached = second.read_bytes / second.elapsed_s
        is_starved = not second.was_held_up and reached < STARVED * self.rate
        self._starved = self._starved + 1 if is_starved else 0
        if self._starved >= STARVED_SECONDS:
            self._set_ceiling(max(reached, self._most * LEAST_SHARE), second.now)
        elif second.now - self._changed_at >= REGROW_S:
            self._set_ceiling(self._ceiling * GROWTH, second.now)
        self.yields = second.others_reads >= READS_OF_A_QUERY * second.elapsed_s
        return self.rate

    def _set_ceiling(self, ceiling: float, now: float) -> None:
        self._ceiling = min(self._most, ceiling)
        self._changed_at = now
        self._starved = 0


class Depth:
    """How many reads may be under way: doubled for as long as they do not wait for each other.

    A first touch takes the same time however many there are, until the volume or S3 is the limit.
    From there on more depth only makes each read wait longer, our own and others'.
    """

    def __init__(self, first: int, most: int) -> None:
        self.size = min(first, most)
        self._most = most
        self._round: list[float] = []
        self._floor_s = float("inf")
        self._is_settled = False

    def saw(self, took_s: float) -> bool:
        """Take one more read into account; return whether more may be under way from now on."""
        if self._is_settled:
            return False
        self._round.append(took_s)
        if len(self._round) < self.size:
            return False
        # The median: some of the blocks have been touched before, and are answered at once.
        usual_s = sorted(self._round)[self.size // 2]
        self._round.clear()
        self._is_settled = self.size == self._most or usual_s > QUEUEING * self._floor_s
        self._floor_s = min(self._floor_s, usual_s)
        if not self._is_settled:
            self.size = min(self._most, self.size * 2)
        return not self._is_settled
