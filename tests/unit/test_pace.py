"""How fast to read: the bucket, the rate that gives way, and the depth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ladybug_agent.resources.hydration.pace import (
    LEAST_SHARE,
    READS_OF_A_QUERY,
    REGROW_S,
    YIELDING,
    BackgroundRate,
    Depth,
    Second,
    TokenBucket,
)
from support.arbitrary import inputs

MIB = 2**20
PIECE = 512 * 1024
CEILING = 250.0 * MIB
SHARE = 0.5


def drained(bucket: TokenBucket, seconds: float, sizes: tuple[int, ...] = (PIECE,)) -> int:
    """Read pieces for so long, each as soon as it may be; return how many bytes."""
    now = taken = number = 0
    elapsed = float(now)
    while (wait_s := bucket.wait_s(elapsed)) + elapsed < seconds:
        elapsed += wait_s
        size = sizes[number % len(sizes)]
        bucket.take(size, elapsed)
        taken += size
        number += 1
    return taken


@pytest.mark.parametrize("rate", [1.0 * MIB, 80.0 * MIB, 1000.0 * MIB])
def test_in_the_long_run_the_rate_is_kept(rate: float) -> None:
    taken = drained(TokenBucket(rate, now=0.0), 60.0)
    assert taken == pytest.approx(60 * rate, abs=0.05 * rate + 2 * PIECE)


@pytest.mark.thorough
@inputs(50)
@given(st.lists(st.integers(512, PIECE), min_size=1, max_size=20))
def test_pieces_of_any_sizes_keep_the_rate(sizes: list[int]) -> None:
    taken = drained(TokenBucket(8.0 * MIB, now=0.0), 5.0, tuple(sizes))
    assert taken == pytest.approx(5 * 8 * MIB, abs=0.05 * 8 * MIB + 2 * PIECE)


def test_a_pause_is_not_made_up_for() -> None:
    bucket = TokenBucket(10.0 * MIB, now=0.0)
    bucket.take(10 * MIB, now=0.0)
    bucket.wait_s(now=3600.0)
    burst = 0
    while not bucket.wait_s(now=3600.0):
        bucket.take(PIECE, now=3600.0)
        burst += PIECE
    assert burst <= 0.05 * 10 * MIB + PIECE


def test_a_piece_larger_than_the_burst_is_let_through_and_paid_for() -> None:
    bucket = TokenBucket(1.0 * MIB, now=0.0)
    assert bucket.wait_s(now=0.0) == 0
    bucket.take(2 * MIB, now=0.0)
    assert bucket.wait_s(now=0.0) == pytest.approx(1.95)


def test_a_new_rate_counts_from_now_on() -> None:
    bucket = TokenBucket(1.0 * MIB, now=0.0)
    bucket.take(2 * MIB, now=0.0)
    bucket.set_rate(10.0 * MIB, now=1.0)
    assert bucket.rate == 10.0 * MIB
    assert bucket.wait_s(now=1.0) == pytest.approx(0.095)


def test_a_lower_rate_takes_what_was_saved_up() -> None:
    bucket = TokenBucket(100.0 * MIB, now=0.0)
    bucket.set_rate(1.0 * MIB, now=0.0)
    bucket.take(PIECE, now=0.0)
    assert bucket.wait_s(now=0.0) == pytest.approx(0.45)


class Volume:
    """A volume that gives so many bytes a second, and the rate that learns from it."""

    def __init__(self, gives: float) -> None:
        self.rate = BackgroundRate(CEILING, SHARE, now=0.0)
        self.gives = gives
        self.now = 0.0

    def read(self, seconds: int = 1, *, others: int = 0) -> float:
        """Read for so long; return the rate for the next second."""
        for _ in range(seconds):
            self.now += 1.0
            allowed = self.rate.rate
            self.rate.learn(
                Second(
                    now=self.now,
                    elapsed_s=1.0,
                    read_bytes=int(min(allowed, self.gives)),
                    was_held_up=self.gives > allowed,
                    others_reads=others,
                )
            )
        return self.rate.rate


def test_the_rate_is_a_share_of_what_the_volume_can() -> None:
    assert Volume(CEILING).read() == SHARE * CEILING


def test_one_slow_second_changes_nothing() -> None:
    assert Volume(10.0 * MIB).read() == SHARE * CEILING


def test_a_volume_that_gives_less_than_was_allowed_is_believed() -> None:
    volume = Volume(60.0 * MIB)
    assert volume.read(2) == pytest.approx(SHARE * 60 * MIB, rel=0.01)
    assert volume.rate.ceiling == pytest.approx(60 * MIB, rel=0.01)


def test_being_held_back_by_the_bucket_is_no_slowness() -> None:
    rate = BackgroundRate(CEILING, SHARE, now=0.0)
    for now in range(1, 10):
        rate.learn(Second(now=now, elapsed_s=1.0, read_bytes=MIB, was_held_up=True, others_reads=0))
    assert rate.ceiling == CEILING


def test_a_ceiling_that_was_learnt_is_tried_again_from_time_to_time() -> None:
    volume = Volume(60.0 * MIB)
    volume.read(2)
    volume.gives = CEILING
    before = volume.rate.ceiling
    volume.read(int(REGROW_S) - 1)
    assert volume.rate.ceiling == before
    volume.read(1)
    assert volume.rate.ceiling == pytest.approx(1.1 * before)


def test_the_rate_regrows_to_what_the_volume_can_and_no_further() -> None:
    volume = Volume(60.0 * MIB)
    volume.read(2)
    volume.gives = 2 * CEILING
    volume.read(3600)
    assert volume.rate.ceiling == CEILING


def test_a_volume_that_hardly_answers_keeps_a_little() -> None:
    volume = Volume(0.0)
    assert volume.read(60) == pytest.approx(SHARE * LEAST_SHARE * CEILING)


def test_while_queries_read_the_rate_is_halved() -> None:
    volume = Volume(CEILING)
    assert volume.read(others=READS_OF_A_QUERY) == SHARE * CEILING * YIELDING
    assert volume.rate.yields


def test_a_few_reads_by_others_are_nobody_waiting() -> None:
    volume = Volume(CEILING)
    assert volume.read(others=READS_OF_A_QUERY - 1) == SHARE * CEILING


def test_when_queries_read_no_more_the_rate_is_whole_again() -> None:
    volume = Volume(CEILING)
    volume.read(others=1000)
    assert volume.read() == SHARE * CEILING
    assert not volume.rate.yields


def test_giving_way_is_not_taken_for_a_slow_volume() -> None:
    volume = Volume(CEILING)
    volume.read(100, others=1000)
    assert volume.rate.ceiling == CEILING


@inputs(100)
@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.booleans(), st.integers(0, 100)), min_size=1, max_size=50
    )
)
def test_the_rate_stays_within_its_bounds(seconds: list[tuple[int, bool, int]]) -> None:
    rate = BackgroundRate(CEILING, SHARE, now=0.0)
    for now, (mib, was_held_up, others) in enumerate(seconds, 1):
        learnt = rate.learn(
            Second(
                now=now,
                elapsed_s=1.0,
                read_bytes=mib * MIB,
                was_held_up=was_held_up,
                others_reads=others,
            )
        )
        assert SHARE * LEAST_SHARE * CEILING * YIELDING <= learnt <= SHARE * CEILING


FLOOR_S = 0.030


def settled(most: int, took_s: dict[int, float], first: int = 16) -> int:
    """Return the depth after it has seen reads that take so long at each of its sizes."""
    depth = Depth(first, most)
    for _ in range(20 * most):
        depth.saw(took_s[depth.size])
    return depth.size


def test_a_depth_doubles_as_long_as_reads_do_not_wait() -> None:
    assert settled(64, {16: FLOOR_S, 32: FLOOR_S, 64: 1.2 * FLOOR_S}) == 64


def test_a_depth_stays_where_reads_wait_for_each_other() -> None:
    assert settled(512, {16: FLOOR_S, 32: 1.1 * FLOOR_S, 64: 2 * FLOOR_S}) == 64


def test_some_reads_that_are_answered_at_once_do_not_settle_it() -> None:
    depth = Depth(16, 64)
    for number in range(320):
        depth.saw(0.0001 if number % 16 < 6 else FLOOR_S)
    assert depth.size == 64


def test_a_depth_never_exceeds_its_most() -> None:
    assert settled(40, {16: FLOOR_S, 32: FLOOR_S, 40: FLOOR_S}) == 40


@pytest.mark.parametrize("most", [1, 8])
def test_a_depth_is_no_larger_than_there_are_readers(most: int) -> None:
    assert settled(most, {most: FLOOR_S}) == most


def test_a_depth_says_when_it_has_grown() -> None:
    depth = Depth(4, 8)
    assert [depth.saw(FLOOR_S) for _ in range(12)] == [False, False, False, True, *[False] * 8]
