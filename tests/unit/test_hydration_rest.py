"""The rest of the volume: read fast or beside queries, and how that is followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.build import a_config
from fakes.clock import FakeClock
from fakes.loading import PAGES_A_BLOCK, an_open_source
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.config.hydration import HydrationConfig
from ladybug_agent.model.hydration import BLOCK_BYTES, DiskReads
from ladybug_agent.resources.hydration.latencies import Latencies
from ladybug_agent.resources.hydration.pace import BackgroundRate
from ladybug_agent.resources.hydration.reads import Tally
from ladybug_agent.resources.hydration.rest import read_rest_fast, read_rest_slowly
from ladybug_agent.resources.hydration.source import OpenSource
from ladybug_agent.resources.hydration.watch import Others, RestProgress, Watch

BLOCKS = 12
MIB = 2**20
REQUEST = 128 * 1024
IDLE: Callable[[], DiskReads] = lambda: DiskReads(0, BLOCK_BYTES)  # noqa: E731


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[OpenSource]:
    with an_open_source(tmp_path, {"sec": BLOCKS * PAGES_A_BLOCK}) as source:
        yield source


@pytest.fixture
def rules(tmp_path: Path) -> HydrationConfig:
    return a_config(tmp_path).hydration


def soon() -> Deadline:
    return Deadline.after(30, SystemClock())


def slowly(
    opened: OpenSource,
    rules: HydrationConfig,
    *,
    rate: float = 1000.0 * MIB,
    disk_reads: Callable[[], DiskReads] = IDLE,
) -> list[RestProgress]:
    seen: list[RestProgress] = []
    pace = BackgroundRate(rate, 1.0, SystemClock().monotonic())
    read_rest_slowly(opened, rules, pace, disk_reads, soon(), seen.append)
    return seen


def fast(opened: OpenSource, rules: HydrationConfig) -> list[RestProgress]:
    seen: list[RestProgress] = []
    read_rest_fast(opened, rules, soon(), seen.append)
    return seen


@pytest.mark.parametrize("how", [slowly, fast])
def test_every_block_is_read_and_noted(
    opened: OpenSource,
    rules: HydrationConfig,
    how: Callable[[OpenSource, HydrationConfig], list[RestProgress]],
) -> None:
    last = how(opened, rules)[-1]
    assert (last.done_blocks, last.total_blocks, last.pct) == (BLOCKS, BLOCKS, 100.0)
    assert opened.ledger.read([range(BLOCKS)]) == BLOCKS
    assert last.latencies.count == BLOCKS


def test_what_was_read_before_counts_and_is_not_read(
    opened: OpenSource, rules: HydrationConfig
) -> None:
    for block in range(5):
        opened.ledger.mark_read(block)
    seen = slowly(opened, rules)
    assert min(progress.done_blocks for progress in seen) >= 5
    assert (seen[-1].done_blocks, seen[-1].latencies.count) == (BLOCKS, BLOCKS - 5)


def test_with_nothing_left_it_is_done_at_once(opened: OpenSource, rules: HydrationConfig) -> None:
    for block in range(BLOCKS):
        opened.ledger.mark_read(block)
    assert slowly(opened, rules)[-1].pct == 100.0


def test_the_whole_device_is_a_matter_of_configuration(
    opened: OpenSource, rules: HydrationConfig
) -> None:
    assert opened.rest(whole_device=True).count > BLOCKS
    assert slowly(opened, replace(rules, scope="databases"))[-1].total_blocks == BLOCKS


@pytest.mark.thorough
def test_the_rate_is_kept_and_told(opened: OpenSource, rules: HydrationConfig) -> None:
    clock = SystemClock()
    began = clock.monotonic()
    seen = slowly(opened, rules, rate=4.0 * MIB)  # 6 MiB in 1.5 s
    assert 1.2 < clock.monotonic() - began < 3.0
    assert seen[-1].rate == pytest.approx(4 * MIB, rel=0.5)


@pytest.mark.thorough
def test_while_queries_read_it_gives_way(opened: OpenSource, rules: HydrationConfig) -> None:
    reads = 0

    def disk_reads() -> DiskReads:
        nonlocal reads
        reads += 10_000
        return DiskReads(reads, BLOCK_BYTES)

    seen = slowly(opened, rules, rate=3.0 * MIB, disk_reads=disk_reads)
    assert any(progress.yields for progress in seen)
    assert not seen[0].yields


def test_the_reads_of_others_are_what_is_not_ours() -> None:
    now = DiskReads(1000, REQUEST)
    others = Others(lambda: now, window=0)
    now = DiskReads(1500, REQUEST)
    assert others.since(our_pieces=100) == 500 - 100 * 4


def test_our_own_reads_are_nobody_waiting() -> None:
    """Those at the edge of the second are counted on one side only."""
    now = DiskReads(1000, REQUEST)
    others = Others(lambda: now, window=8)
    now = DiskReads(1000 + 108 * 4, REQUEST)
    assert others.since(our_pieces=100) == 0


def test_what_was_counted_once_is_not_counted_again() -> None:
    now = DiskReads(1000, BLOCK_BYTES)
    others = Others(lambda: now, window=0)
    now = DiskReads(1050, BLOCK_BYTES)
    assert (others.since(our_pieces=0), others.since(our_pieces=0)) == (50, 0)


def test_a_request_larger_than_a_block_is_one() -> None:
    now = DiskReads(0, 8 * BLOCK_BYTES)
    others = Others(lambda: now, window=0)
    now = DiskReads(30, 8 * BLOCK_BYTES)
    assert others.since(our_pieces=10) == 20


def watched(opened: OpenSource, clock: FakeClock) -> Watch:
    return Watch(opened, opened.rest(), Deadline.after(60, clock), lambda _: None)


def test_the_rate_is_that_of_the_last_seconds(opened: OpenSource, clock: FakeClock) -> None:
    watch = watched(opened, clock)
    rates = []
    tally = Tally()
    for bytes_read in (10 * MIB, 10 * MIB, 0, 0, 0, 0, 0, 0):
        clock.advance(1.0)
        tally.bytes += bytes_read
        assert watch.passed(tally, 1.0)
        rates.append(watch.rate / MIB)
    assert rates[:2] == [10.0, 10.0]
    assert rates[2] == pytest.approx(7.0)
    assert rates[-1] < 2.0


def test_before_its_time_nothing_has_passed(opened: OpenSource, clock: FakeClock) -> None:
    watch = watched(opened, clock)
    clock.advance(0.9)
    assert watch.passed(Tally(bytes=MIB), 1.0) is None
    clock.advance(0.2)
    passed = watch.passed(Tally(bytes=MIB, pieces=2), 1.0)
    assert passed
    assert (passed.bytes, passed.pieces) == (MIB, 2)
    assert passed.rate == pytest.approx(MIB / 1.1)


def progress(done: int, total: int, rate: float) -> RestProgress:
    return RestProgress(
        done_blocks=done, total_blocks=total, rate=rate, yields=False, latencies=Latencies()
    )


@pytest.mark.parametrize(
    ("found", "pct", "eta_s"),
    [
        (progress(0, 100, 0.0), 0.0, None),
        (progress(50, 100, 50.0 * BLOCK_BYTES), 50.0, 1.0),
        (progress(100, 100, 1.0), 100.0, 0.0),
        (progress(0, 0, 0.0), 100.0, None),
    ],
)
def test_how_far_and_how_long_still(found: RestProgress, pct: float, eta_s: float | None) -> None:
    assert (found.pct, found.eta_s) == (pct, eta_s)
