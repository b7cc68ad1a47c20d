"""What a lazy volume is like, and what was asked of it."""

from __future__ import annotations

from dataclasses import dataclass

from ladybug_lab.errors import LabError

BLOCK_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class LazyRules:
    """How slow the volume is; a rate of None is no limit.

    A read takes `first_touch_s` where it touches a block that is not there yet (blocks of one read
    are fetched side by side), `base_s` otherwise, and longer where a rate is exhausted. `threads`
    is how many requests are served at a time, and is fixed when the volume is made.
    """

    first_touch_s: float = 0.030
    base_s: float = 0.0005
    fetch_bytes_per_s: float | None = None  # S3: whole blocks are charged, at their first touch
    volume_bytes_per_s: float | None = None  # every byte read is charged
    threads: int = 128

    def __post_init__(self) -> None:
        rates = [self.fetch_bytes_per_s, self.volume_bytes_per_s]
        if min(self.first_touch_s, self.base_s) < 0 or self.threads < 1:
            raise LabError(f"no volume is like that: {self}")
        if any(rate is not None and rate < 1 for rate in rates):
            raise LabError(f"no volume is like that: {self}", "None stands for no limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A read, as it reached the device."""

    offset: int
    length: int
    at_s: float  # seconds since the device was made cold
