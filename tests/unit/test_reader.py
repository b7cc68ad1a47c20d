"""The rule that readers of the registry copy."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ladybug_agent.reader import SKEW_S, is_routable

NOW = 1_770_379_200
ROW = {"status": "healthy", "lease_expires_at": NOW + 100, "ttl": NOW + 10**6}


def test_a_healthy_row_with_a_live_lease_is_routable() -> None:
    assert is_routable(ROW, NOW)


def test_a_degraded_row_is_routable() -> None:
    assert is_routable({**ROW, "degraded": True}, NOW)


@pytest.mark.parametrize(
    "status", ["initializing", "unhealthy", "draining", "terminating", "terminated", None]
)
def test_a_row_of_another_status_is_not(status: str | None) -> None:
    assert not is_routable({**ROW, "status": status}, NOW)


def test_a_lease_counts_until_the_clocks_may_differ_no_more() -> None:
    ended = {**ROW, "lease_expires_at": Decimal(NOW - SKEW_S)}
    assert (is_routable(ended, NOW), is_routable(ended, NOW + 0.1)) == (True, False)


def test_the_operator_takes_a_replica_out() -> None:
    assert not is_routable({**ROW, "desired": "maintenance"}, NOW)


def test_the_time_to_live_is_never_looked_at() -> None:
    assert is_routable({**ROW, "ttl": 0}, NOW)


def test_a_row_of_other_software_goes_by_its_status() -> None:
    assert is_routable({"status": "healthy"}, NOW)
