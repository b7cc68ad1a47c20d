"""Fleets that boot at once, and what each is to come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from bench.figures import Results, figure
from fleet.account import Account, Outage
from fleet.limits import BY_ACTION, DescribeSnapshots, DescribeVolumes, Limit
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


@dataclass(slots=True)
class Storms:
    """The same launches in fleets of several sizes, the largest also in a Region without limits."""

    sizes: tuple[int, ...] = (100, 1000, 10_000)
    fleets: dict[int, Fleet] = field(default_factory=dict)
    free: Fleet | None = None

    def run(self) -> Results:
        self.fleets = {size: storm(size) for size in self.sizes}
        self.free = storm(self.sizes[-1], limits=NO_LIMITS)
        results: Results = {}
        for size, fleet in self.fleets.items():
            results[f"{size}.registered_share"] = figure(
                [fleet.registered / size], 1.0, at_least=True
            )
            results[f"{size}.describe_calls_a_boot"] = figure([describes(fleet)], MOST_DESCRIBES)
            results[f"{size}.calls_a_boot"] = figure([calls_a_boot(fleet)], None)
        small, large = (calls_a_boot(self.fleets[size]) for size in (self.sizes[0], self.sizes[-1]))
        added = sorted(self.delays().values())
        return results | {
            "calls_a_boot_growth": figure([large / small], MOST_GROWTH),
            "throttling_delay_p50_s": figure([percentile(added, 0.5)], None),
            "throttling_delay_p99_s": figure([percentile(added, 0.99)], MOST_DELAY_S),
            "verified_share": figure([verified_share(self.fleets[self.sizes[-1]])], None),
        }

    def delays(self) -> dict[int, float]:
        """Return by launch what the limits added to the time until its capacity was registered."""
        assert self.free is not None
        with_limits, without = registered_at(self.fleets[self.sizes[-1]]), registered_at(self.free)
        return {number: with_limits[number] - without[number] for number in with_limits}


def registered_at(fleet: Fleet) -> dict[int, float]:
    """Return by launch when it, or what replaced it, had registered and told so."""
    return {o.launch.number: o.ended_s for o in fleet.outcomes if not o.code}


def describes(fleet: Fleet) -> float:
    return fleet.account.tries(DescribeVolumes, DescribeSnapshots) / len(fleet.outcomes)


def calls_a_boot(fleet: Fleet) -> float:
    """Return all tries of all calls, over the number of instances that were wanted."""
    return fleet.account.tries() / len({o.launch.number for o in fleet.outcomes})


def verified_share(fleet: Fleet) -> float:
    return sum(o.volume_check == "verified" for o in fleet.outcomes) / len(fleet.outcomes)


def percentile(values: list[float], share: float) -> float:
    """Return the value below which that share lies; `values` are sorted."""
    return values[min(len(values) - 1, int(len(values) * share))]


def failures(fleet: Fleet) -> list[Outcome]:
    return [outcome for outcome in fleet.outcomes if outcome.code]
