"""One AWS account in one Region: token buckets that all machines draw on, outages, and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from botocore.exceptions import ConnectTimeoutError
from botocore.retries.standard import (
    ExponentialBackoff,
    RetryContext,
    RetryEventAdapter,
    ThrottlingErrorDetector,
)

from fleet.clock import FleetClock
from fleet.limits import BY_ACTION, UNLIMITED, Limit
from ladybug_agent.adapters.aws_codes import service_error, unreachable
from ladybug_agent.config import AwsConfig
from ladybug_agent.errors import AgentError

SETTINGS = AwsConfig()
PATIENT, ONCE = SETTINGS.max_attempts, 1
"""Tries of one call, as `adapters/aws.py` sets them up."""
UNREACHABLE = "unreachable"
DETECTOR: Any = ThrottlingErrorDetector(RetryEventAdapter())
CLOCK_SKEW_ALLOWED_S = 300.0
"""Signature Version 4 refuses a request whose time is further from AWS's than this."""
SKEWED = ("RequestExpired", "InvalidSignatureException")
"""What EC2, and what the others answer to it; no botocore tries that again."""


@dataclass(slots=True)
class Bucket:
    limit: Limit
    tokens: float
    filled_at_s: float = 0.0

    def take(self, now_s: float, cost: float) -> bool:
        grown = self.tokens + (now_s - self.filled_at_s) * self.limit.per_second
        self.tokens, self.filled_at_s = min(self.limit.burst, grown), now_s
        if self.tokens < cost:
            return False
        self.tokens -= cost
        return True


@dataclass(frozen=True, slots=True)
class Outage:
    """A service that answers nobody for a while."""

    service: str
    begins_s: float
    ends_s: float


@dataclass(slots=True)
class Account:
    """`calls` counts tries by action, second and how they ended: `answered`, a code of AWS's."""

    limits: Mapping[str, Limit] = field(default_factory=lambda: BY_ACTION)
    outages: tuple[Outage, ...] = ()
    calls: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    _buckets: dict[str, Bucket] = field(default_factory=dict)

    def answer(self, action: str, bucket: str, cost: float, now_s: float) -> str:
        """Return how a try ends: with an answer (empty), a code of AWS's, or unreachable."""
        if self.is_down(action, now_s):
            ended = UNREACHABLE
        else:
            found = self._bucket(bucket)
            ended = "" if found.take(now_s, cost) else found.limit.code
        self.calls[action, int(now_s), ended or "answered"] += 1
        return ended

    def is_down(self, action: str, now_s: float) -> bool:
        service = action.partition(":")[0]
        return any(o.service == service and o.begins_s <= now_s < o.ends_s for o in self.outages)

    def tries(self, *prefixes: str, ended: str | None = None) -> int:
        """Return how many tries there were of these actions, or of all."""
        return sum(
            count
            for (action, _, how), count in self.calls.items()
            if action.startswith(prefixes or ("",)) and ended in {None, how}
        )

    def _bucket(self, name: str) -> Bucket:
        if name not in self._buckets:
            limit = self.limits.get(name, UNLIMITED)
            self._buckets[name] = Bucket(limit, limit.burst)
        return self._buckets[name]


class Caller:
    """One machine's calls, tried again as botocore's `standard` mode does, by its own code."""

    def __init__(self, account: Account, clock: FleetClock, random: Random) -> None:
        self.account = account
        self.clock = clock
        self._random = random

    def call(
        self, action: str, *, bucket: str = "", cost: float = 1.0, attempts: int = PATIENT
    ) -> None:
        """Block for the call and its retries. Raises what the adapter raises."""
        backoff: Any = ExponentialBackoff(
            random=self._random.random,
            service_name=action.partition(":")[0],
            throttling_detector=DETECTOR,
        )
        attempt = 1
        while ended := self._try(action, bucket or action, cost):
            if attempt >= attempts or ended in SKEWED:
                raise _error(ended, action)
            self.clock.pass_time(backoff.delay_amount(_context(ended, attempt)))
            attempt += 1

    def _try(self, action: str, bucket: str, cost: float) -> str:
        self.clock.pass_time(self._random.uniform(0.02, 0.08))
        if abs(self.clock.skew_s) > CLOCK_SKEW_ALLOWED_S:
            return SKEWED[not action.startswith("ec2:")]
        ended = self.account.answer(action, bucket, cost, self.clock.timeline.now_s)
        if ended == UNREACHABLE:
            self.clock.pass_time(SETTINGS.connect_timeout_s)
        return ended


def _context(ended: str, attempt: int) -> Any:
    if ended == UNREACHABLE:
        caught = ConnectTimeoutError(endpoint_url="https://aws")
        return RetryContext(attempt_number=attempt, caught_exception=caught)
    return RetryContext(attempt_number=attempt, parsed_response={"Error": {"Code": ended}})


def _error(ended: str, action: str) -> AgentError:
    return unreachable(action) if ended == UNREACHABLE else service_error(ended, 400, action, "")
