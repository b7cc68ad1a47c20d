"""Fleets that boot at once, and what each is to come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from bench.figures import Results, figure
from fleet.account import Account, Outage
from fleet.limits import BY_ACTION, CompleteLifecycleAction, Limit
from fleet.machine import Launch
from fleet.run import Fleet, Outcome

WITHIN_S = 60.0
SEED = 20260206
NO_LIMITS: Mapping[str, Limit] = {}
MOST_DELAY_S = 30.0
MOST_DESCRIBES = 1.0
MOST_GROWTH = 1.1
"""Of the calls a boot costs, from the smallest fleet to the largest."""


def launches(
    count: int, change: Callable[[int], Mapping[str, object]] = lambda _: {}
) -> list[Launch]:
    """Return so many launches, spread evenly at random over a minute and over three zones."""
    random = Random(SEED)  # noqa: S311 - no secret
    found = []
    for number in range(count):
        facts: dict[str, object] = {
            "number": number,
            "at_s": random.uniform(0, WITHIN_S),
            "zone": f"eu-central-1{'abc'[number % 3]}",
            **change(number),
        }
        found.append(Launch(**facts))  # type: ignore[arg-type]
    return found


def storm(
    count: int,
    *,
    limits: Mapping[str, Limit] = BY_ACTION,
    outages: tuple[Outage, ...] = (),
    replaces: bool = True,
    change: Callable[[int], Mapping[str, object]] = lambda _: {},
) -> Fleet:
    """Boot them all; return the fleet when every boot has ended."""
    fleet = Fleet(Account(limits=limits, outages=outages), replaces=replaces)
    fleet.boot_all(launches(count, change))
    return fleet


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """What came of one fleet, in numbers that can be handed from process to process."""

    size: int
    registered: int
    verified: int
    registered_at_s: dict[int, float]
    """By launch, when it, or what replaced it, had registered."""
    told: int
    """How many have told Auto Scaling of their success."""
    calls: Counter[tuple[str, int, str]]
    """Tries by action, second and how they ended."""

    @classmethod
    def of(cls, fleet: Fleet) -> Storm:
        at_s = {o.launch.number: o.registered_at_s for o in fleet.outcomes}
        return cls(
            size=len({o.launch.number for o in fleet.outcomes}),
            registered=fleet.registered,
            verified=sum(o.volume_check == "verified" for o in fleet.outcomes),
            registered_at_s={number: at for number, at in at_s.items() if at is not None},
            told=sum(o.told is True for o in fleet.outcomes),
            calls=fleet.account.calls,
        )

    @property
    def calls_a_boot(self) -> float:
        """All tries of calls with published limits, over the number of instances wanted."""
        counted = (n for (action, *_), n in self.calls.items() if action != CompleteLifecycleAction)
        return sum(counted) / self.size

    @property
    def describes_a_boot(self) -> float:
        described = (n for (action, *_), n in self.calls.items() if action.startswith("ec2:"))
        return sum(described) / self.size

    def results(self) -> Results:
        name = str(self.size)
        return {
            f"{name}.registered_share": figure([self.registered / self.size], 1.0, at_least=True),
            f"{name}.describe_calls_a_boot": figure([self.describes_a_boot], MOST_DESCRIBES),
            f"{name}.calls_a_boot": figure([self.calls_a_boot], None),
            f"{name}.told_share": figure([self.told / self.size], None),
            f"{name}.verified_share": figure([self.verified / self.size], None),
        }


def compared(small: Storm, large: Storm, free: Storm) -> Results:
    """Return what the size of the fleet costs, and what the limits do: `free` has none."""
    added = delays(large, free)
    return {
        "calls_a_boot_growth": figure([large.calls_a_boot / small.calls_a_boot], MOST_GROWTH),
        "throttling_delay_p50_s": figure([percentile(added, 0.5)], None),
        "throttling_delay_p99_s": figure([percentile(added, 0.99)], MOST_DELAY_S),
        "throttling_delay_most_s": figure([added[-1]], None),
    }


def delays(limited: Storm, free: Storm) -> list[float]:
    """Return, sorted, what the limits added to each launch's time until it was registered."""
    without = free.registered_at_s
    return sorted(at - without[number] for number, at in limited.registered_at_s.items())


def percentile(values: list[float], share: float) -> float:
    """Return the value below which that share lies; `values` are sorted."""
    return values[min(len(values) - 1, int(len(values) * share))]


def failures(fleet: Fleet) -> list[Outcome]:
    return [outcome for outcome in fleet.outcomes if outcome.code]
