"""Everything else: whole blocks of the device, around the page cache, each only once."""

from __future__ import annotations

from collections.abc import Callable

from ladybug_agent.clock import Deadline
from ladybug_agent.config.hydration import HydrationConfig
from ladybug_agent.model.hydration import DiskReads
from ladybug_agent.resources.hydration.pace import BackgroundRate, Depth, Second, TokenBucket
from ladybug_agent.resources.hydration.reads import Tally
from ladybug_agent.resources.hydration.source import OpenSource
from ladybug_agent.resources.hydration.watch import Observer, Others, Watch

SECOND_S = 1.0
"""How often the rate learns."""
FIRST_DEPTH = 16


def read_rest_fast(
    opened: OpenSource, rules: HydrationConfig, deadline: Deadline, observe: Observer
) -> Tally:
    """Read all that is unread as fast as the volume can; blocks until all is.

    Queries beside it wait in its queue: for a replica that does not serve yet.
    """
    watch = Watch(opened, opened.rest(), deadline, observe)
    depth = Depth(FIRST_DEPTH, rules.workers)
    return watch.crew(
        rules,
        workers=rules.workers,
        depth=depth,
        tick=lambda tally: watch.passed(tally, SECOND_S),
    )


def read_rest_slowly(
    opened: OpenSource,
    rules: HydrationConfig,
    rate: BackgroundRate,
    disk_reads: Callable[[], DiskReads],
    deadline: Deadline,
    observe: Observer,
) -> Tally:
    """Read all that is unread beside queries, at a share of what the volume can do."""
    bucket = TokenBucket(rate.rate, deadline.clock.monotonic())
    plan = opened.rest(whole_device=rules.scope == "device")
    watch = Watch(opened, plan, deadline, observe)
    others = Others(disk_reads, rules.background_window)
    held_up = 0

    def tick(tally: Tally) -> None:
        nonlocal held_up
        if passed := watch.passed(tally, SECOND_S):
            second = Second(
                now=passed.now,
                elapsed_s=passed.elapsed_s,
                read_bytes=passed.bytes,
                was_held_up=tally.held_up > held_up,
                others_reads=others.since(passed.pieces),
            )
            held_up = tally.held_up
            bucket.set_rate(rate.learn(second), passed.now)
            watch.yields = rate.yields

    return watch.crew(rules, workers=rules.background_window, bucket=bucket, tick=tick)
