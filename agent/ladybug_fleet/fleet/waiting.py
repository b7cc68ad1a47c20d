"""Waiting for a fleet."""

from __future__ import annotations

from collections.abc import Callable

from ladybug_agent.clock import Deadline
from ladybug_agent.errors import NotYet
from ladybug_fleet.fleet.looking import look_at
from ladybug_fleet.fleet.model import Fleet
from ladybug_fleet.fleet.port import Sight
from ladybug_fleet.fleet.readiness import Readiness, WantedFleet, judge_readiness
from ladybug_fleet.patience import look_until

LEAST_S = 600.0
"""A boot that fetches its blocks from S3 takes minutes; a shorter wait says nothing."""


def wait_limit_s(asked_s: float, grace_s: float) -> float:
    """Return how long to wait: at least ten minutes, and the group's own grace period.

    >>> wait_limit_s(60.0, 0.0), wait_limit_s(1800.0, 300.0), wait_limit_s(600.0, 900.0)
    (600.0, 1800.0, 900.0)
    """
    return max(asked_s, LEAST_S, grace_s)


def await_fleet(
    sight: Sight, stack: str, wanted: WantedFleet, show: Callable[[str], None], deadline: Deadline
) -> tuple[Fleet, Readiness]:
    """Block until enough replicas are ready, and return what was seen then.

    Raises Refused at once where that cannot come by waiting, and DeadlineExceeded.
    """

    def look() -> tuple[Fleet, Readiness]:
        fleet = look_at(sight, stack, deadline.clock.utcnow())
        try:
            readiness = judge_readiness(fleet, wanted)
        except NotYet as not_yet:
            show(str(not_yet))
            raise
        show(str(readiness))
        return fleet, readiness

    return look_until(look, "the fleet", deadline=deadline)
