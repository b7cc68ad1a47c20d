"""How long reads took: percentiles from a histogram of fixed size. Times are seconds."""

from __future__ import annotations

from bisect import bisect_left

_BASE_S = 0.000_05
_GROWTH = 1.15
_BOUNDS = tuple(_BASE_S * _GROWTH**step for step in range(100))
"""From 50 us to about a minute, each 15 % above the last."""


class Latencies:
    """Counts in classes of 15 %, so a percentile is at most so much too large."""

    def __init__(self) -> None:
        self._counts = [0] * (len(_BOUNDS) + 1)
        self.count = 0
        self.most_s = 0.0

    def add(self, seconds: float) -> None:
        self._counts[bisect_left(_BOUNDS, seconds)] += 1
        self.count += 1
        self.most_s = max(self.most_s, seconds)

    def percentile(self, share: float) -> float | None:
        """Return the time that `share` (0 to 1) of the reads did not exceed; None of no reads.

        >>> taken = Latencies()
        >>> for _ in range(99): taken.add(0.001)
        >>> taken.add(0.5); round(taken.percentile(0.5), 4), round(taken.percentile(1.0), 4)
        (0.0011, 0.5)
        """
        if not self.count:
            return None
        wanted = share * self.count
        passed = 0
        for bound, number in zip((*_BOUNDS, self.most_s), self._counts, strict=True):
            passed += number
            if passed >= wanted:
                return min(bound, self.most_s)
        return self.most_s
