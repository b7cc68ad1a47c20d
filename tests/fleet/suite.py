"""All fleets of one run, side by side in as many processes as there are processors."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass

import structlog

from bench.figures import Results
from fleet.limits import BY_ACTION
from fleet.mishaps import bad, heartbeats, outage, skew, zone_lost
from fleet.rolling import Replacement
from fleet.storms import NO_LIMITS, Storm, compared, storm

BEAT_MINUTES = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How many instances each fleet has."""

    storms: tuple[int, ...] = (100, 1000, 10_000)
    mishap: int = 1000
    goods: int = 100
    replaced: int = 1000
    batch: int = 100
    beating: int = 10_000


FULL = Scale()
QUICK = Scale(storms=(20, 100), mishap=30, goods=5, replaced=20, batch=10, beating=100)


@dataclass(frozen=True, slots=True)
class Report:
    """The figures, and the storms that the pictures are drawn of."""

    results: Results
    large: Storm
    free: Storm


def run_suite(scale: Scale, processes: int | None = None) -> Report:
    """Run every fleet; blocks for minutes at full scale."""
    with ProcessPoolExecutor(processes or os.cpu_count(), initializer=silence) as pool:
        # The longest first.
        free = pool.submit(boot, scale.storms[-1], limited=False)
        storms = {size: pool.submit(boot, size) for size in reversed(scale.storms)}
        others = [pool.submit(one, scale) for one in MISHAPS]
        return report_of([storms[size].result() for size in scale.storms], free.result(), others)


def report_of(storms: list[Storm], free: Storm, others: list[Future[Results]]) -> Report:
    results: Results = {}
    for found in storms:
        results |= found.results()
    results |= compared(storms[0], storms[-1], free)
    for other in others:
        results |= other.result()
    return Report(results, storms[-1], free)


def boot(size: int, *, limited: bool = True) -> Storm:
    return Storm.of(storm(size, limits=BY_ACTION if limited else NO_LIMITS))


def silence() -> None:
    """Drop the log lines: ten thousand boots write a quarter of a million.

    And look for garbage seldom: with ten thousand boots alive each look takes long.
    """
    gc.set_threshold(200_000, 20, 100)
    level = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=level)


def _beats(scale: Scale) -> Results:
    return heartbeats(scale.beating, BEAT_MINUTES)


def _replacement(scale: Scale) -> Results:
    return Replacement(scale.replaced, scale.batch).run()


def _zone_lost(scale: Scale) -> Results:
    return zone_lost(scale.mishap)


def _ecr_out(scale: Scale) -> Results:
    return outage("ecr", scale.mishap)


def _dynamodb_out(scale: Scale) -> Results:
    return outage("dynamodb", scale.mishap)


def _skew(scale: Scale) -> Results:
    return skew(scale.mishap)


def _bad_snapshot(scale: Scale) -> Results:
    return bad("bad_snapshot", scale.goods)


def _bad_image(scale: Scale) -> Results:
    return bad("bad_image", scale.goods)


MISHAPS: tuple[Callable[[Scale], Results], ...] = (
    _beats,
    _replacement,
    _zone_lost,
    _ecr_out,
    _dynamodb_out,
    _skew,
    _bad_snapshot,
    _bad_image,
)
