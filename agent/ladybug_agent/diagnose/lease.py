"""The lease of a row of the instance registry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ladybug_agent.ports.registry import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    left_s: int
    """Negative once it has ended."""
    length_s: int

    @property
    def is_short(self) -> bool:
        """Less than half is left: of the checks, twice a minute, at least two were missed."""
        return self.left_s < self.length_s / 2


def lease_of(row: Row, now: datetime) -> Lease | None:
    """Return the row's lease; None where it has none that can be read."""
    ends, length = row.get("lease_expires_at"), row.get("lease_seconds", 0)
    if not isinstance(ends, int | float) or not isinstance(length, int | float):
        return None
    return Lease(left_s=int(ends - now.timestamp()), length_s=int(length))
