"""The reader's rule: may requests be sent to the instance of this row? For other software to copy.

Needs nothing but the row. `docs/registry.md` explains it.
"""

from __future__ import annotations

from collections.abc import Mapping

SKEW_S = 10
"""What the clocks of reader and writer may differ by."""


def is_routable(row: Mapping[str, object], now_s: float) -> bool:
    """Return whether a reader may send requests to the instance; `now_s` is the epoch in seconds.

    `ttl` is never looked at: it is for DynamoDB's garbage collection. A degraded row is routable.
    A row without a lease is not an agent's, and its `status` is all there is to go by.
    """
    lease = row.get("lease_expires_at")
    is_alive = lease is None or now_s <= float(str(lease)) + SKEW_S
    return row.get("status") == "healthy" and row.get("desired") != "maintenance" and is_alive
