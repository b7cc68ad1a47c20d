"""What a row of the instance registry says in few words: lease, and facts for the first line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ladybug_agent.ports.registry import Row

DAY_S, HOUR_S, MINUTE_S = 86400, 3600, 60


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


def verdict_facts(row: Row, now: datetime) -> Mapping[str, str]:
    """Return `status`, `lease` and the data's `age`, as far as the row tells them."""
    facts = {"status": str(row["status"])} if "status" in row else {}
    if lease := lease_of(row, now):
        facts["lease"] = f"{lease.left_s:+d}s"
    if age := age_since(str(row.get("snapshot_taken_at", "")), now):
        facts["age"] = age
    return facts


def age_since(moment: str, now: datetime) -> str:
    """Return how long ago a moment (UTC, ISO 8601) was; nothing if it cannot be read.

    >>> age_since("2026-02-06T05:00:00Z", datetime(2026, 2, 6, 12, tzinfo=UTC))
    '7h'
    """
    try:
        then = datetime.fromisoformat(moment)
    except ValueError:
        return ""
    seconds = (now - (then if then.tzinfo else then.replace(tzinfo=UTC))).total_seconds()
    for length, unit in ((2 * DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "m")):
        if seconds >= length:
            return f"{int(seconds // (DAY_S if unit == 'd' else length))}{unit}"
    return f"{max(0, int(seconds))}s"
