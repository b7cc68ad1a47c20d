"""Percentiles from a histogram of fixed size."""

from __future__ import annotations

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ladybug_agent.resources.hydration.latencies import Latencies
from support.arbitrary import inputs


def taken(*seconds: float) -> Latencies:
    found = Latencies()
    for one in seconds:
        found.add(one)
    return found


def test_no_reads_have_no_percentile() -> None:
    assert taken().percentile(0.5) is None


@pytest.mark.parametrize("seconds", [0.0, 1e-9, 0.000_05, 0.03, 59.0, 3600.0])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.99, 1.0])
def test_one_read_is_every_percentile(seconds: float, share: float) -> None:
    assert taken(seconds).percentile(share) == pytest.approx(seconds, abs=1e-9)


def test_the_slowest_read_is_the_last_percentile() -> None:
    assert taken(*[0.001] * 99, 7.25).percentile(1.0) == 7.25


def test_a_few_slow_reads_show_in_the_tail_only() -> None:
    found = taken(*[0.001] * 980, *[0.5] * 20)
    assert found.percentile(0.5) == pytest.approx(0.001, rel=0.15)
    assert found.percentile(0.99) == pytest.approx(0.5, rel=0.15)


def test_reads_of_more_than_a_minute_count_as_the_slowest() -> None:
    found = taken(0.001, 120.0, 500.0)
    assert found.percentile(0.9) == 500.0


@inputs(200)
@given(
    st.lists(st.floats(0.000_05, 60.0), min_size=1, max_size=50),
    st.sampled_from([0.5, 0.9, 0.99, 1.0]),
)
def test_a_percentile_is_at_most_15_percent_too_large(seconds: list[float], share: float) -> None:
    exact = sorted(seconds)[ceil(share * len(seconds)) - 1]
    found = taken(*seconds).percentile(share)
    assert found is not None
    assert exact <= found * 1.000_001
    assert found <= exact * 1.150_001 or found == max(seconds)


def test_reads_are_counted() -> None:
    found = taken(*[0.01] * 1000)
    assert (found.count, found.most_s) == (1000, 0.01)
