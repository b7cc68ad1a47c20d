"""Fleets to which something happens: an outage, a lost zone, clocks that are wrong, bad goods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from random import Random

from bench.figures import Results, figure
from fakes.clock import STARTED_AT
from fleet.account import Account, Outage
from fleet.health import TIMER, Timer, TimerSettings, heart_of
from fleet.limits import UpdateItem
from fleet.machine import FleetMachine, Launch
from fleet.run import Fleet
from fleet.storms import Storm, failures, launches, storm
from ladybug_agent.reader import is_routable

OUTAGE_S = (20.0, 80.0)
LEASE_S = 150.0
ZONE_LOST_S, RELAUNCH_AFTER_S, SEEN_TO_S = 240.0, 30.0, 600.0
LOST_ZONE = "eu-central-1a"
SETTLED_S = 150.0
"""From when on all that is written are heartbeats."""
MOST_BEATS_IN_A_SECOND = 0.05
"""Of the fleet; a thirtieth of it would be perfectly even."""
ENOUGH = 1000
"""Replicas from which on that share says more than chance does."""
MOST_REFUSED = 0.001
SKEWS_S = (-240.0, -60.0, 0.0, 60.0, 240.0)
WRONG_S = (-900.0, 900.0)


def outage(service: str, count: int) -> Results:
    """A minute without the service: replaced instances are the price, and nobody stays out."""
    fleet = storm(count, outages=(Outage(service, *OUTAGE_S),))
    return {
        f"{service}_out.registered_share": figure([fleet.registered / count], 1.0, at_least=True),
        f"{service}_out.replaced_share": figure([len(failures(fleet)) / count], None),
        f"{service}_out.all_registered_s": figure(
            [max(Storm.of(fleet).registered_at_s.values())], None
        ),
    }


def bad(state: str, count: int) -> Results:
    """Bad goods: nobody registers, and Auto Scaling hears of each."""
    fleet = storm(count, replaces=False, change=lambda _: {"state": state})
    told = sum(outcome.told is False for outcome in fleet.outcomes)
    codes = {outcome.code for outcome in fleet.outcomes}
    return {
        f"{state}.registered_share": figure([fleet.registered / count], 0.0),
        f"{state}.failure_told_share": figure([told / count], 1.0, at_least=True),
        f"{state}.distinct_codes": figure([len(codes)], 1.0),
    }


def skew(count: int) -> Results:
    """Wall clocks up to four minutes off: everybody registers; who sees them is for the lease."""
    fleet = storm(count, change=lambda number: {"skew_s": SKEWS_S[number % len(SKEWS_S)]})
    # By the true time of the registration: a slow clock's lease may be over before it began.
    ends = {o.launch.instance_id: o.ended_s for o in fleet.outcomes}
    unseen = sum(
        not is_routable(row, (STARTED_AT + timedelta(seconds=ends[name])).timestamp())
        for name, row in fleet.table.rows.items()
    )
    rejected = storm(
        count // 10 + 1,
        replaces=False,
        change=lambda number: {"skew_s": WRONG_S[number % len(WRONG_S)]},
    )
    codes = [outcome.code == "aws_credentials_rejected" for outcome in rejected.outcomes]
    return {
        "skew.registered_share": figure([fleet.registered / count], 1.0, at_least=True),
        "skew.registered_but_not_routable_share": figure([unseen / count], None),
        "skew_15_min.registered_share": figure([rejected.registered / len(codes)], 0.0),
        "skew_15_min.code_names_clock_share": figure([sum(codes) / len(codes)], 1.0, at_least=True),
    }


def heartbeats(count: int, minutes: float, settings: TimerSettings = TIMER) -> Results:
    """Heartbeats of a whole fleet: what one second asks of the table, and what it refuses."""
    fleet = Fleet(Account())
    fleet.on_registered = beating(fleet, lambda _: minutes * 60.0, settings)
    fleet.boot_all(launches(count))
    by_second: Counter[int] = Counter()
    refused = 0
    for (action, second, how), calls in fleet.account.calls.items():
        if action == UpdateItem and second >= SETTLED_S:
            by_second[second] += calls
            refused += calls if how != "answered" else 0
    most = MOST_BEATS_IN_A_SECOND if count >= ENOUGH else None
    return {
        "heartbeats.most_in_a_second_share": figure([max(by_second.values()) / count], most),
        "heartbeats.refused_share": figure([refused / sum(by_second.values())], MOST_REFUSED),
    }


def beating(
    fleet: Fleet, ends_s: Callable[[Launch], float], settings: TimerSettings = TIMER
) -> Callable[[FleetMachine], None]:
    """Return what lets a registered machine beat until it ends."""

    def beat(machine: FleetMachine) -> None:
        name = machine.launch.instance_id
        timer = Timer(Random(f"timer/{name}"), settings)  # noqa: S311 - no secret
        heart = heart_of(fleet.table.rows[name], machine.table, machine.clock, timer)
        heart.beat_until(lambda: ends_s(machine.launch))

    return beat


def zone_lost(count: int) -> Results:
    """A zone goes dark at once: its rows run out with their leases, capacity comes elsewhere."""

    def ends_s(launch: Launch) -> float:
        is_lost = launch.zone == LOST_ZONE and launch.generation == 0
        return ZONE_LOST_S if is_lost else SEEN_TO_S

    fleet = Fleet(Account())
    fleet.on_registered = beating(fleet, ends_s)
    first = launches(count)
    lost = [launch for launch in first if launch.zone == LOST_ZONE]
    again = [
        Launch(
            number=launch.number,
            at_s=ZONE_LOST_S + RELAUNCH_AFTER_S,
            zone=f"eu-central-1{'bc'[launch.number % 2]}",
            generation=1,
        )
        for launch in lost
    ]
    seen: dict[float, int] = {}

    def look() -> None:
        while fleet.timeline.now_s < SEEN_TO_S:
            seen[fleet.timeline.now_s] = fleet.routable
            fleet.timeline.sleep(5.0)

    fleet.timeline.start(look)
    fleet.boot_all([*first, *again])
    stale_s = max((at for at, n in seen.items() if at > ZONE_LOST_S and n > count), default=0.0)
    back_s = min((at for at, n in seen.items() if at > ZONE_LOST_S + LEASE_S and n >= count))
    others = count - len(lost)
    return {
        "zone_lost.least_routable_share_of_others": figure(
            [min(n for at, n in seen.items() if at > ZONE_LOST_S) / others], 1.0, at_least=True
        ),
        "zone_lost.all_back_s": figure([back_s - ZONE_LOST_S], LEASE_S + 60.0),
        "zone_lost.last_dead_row_routable_s": figure(
            [max(0.0, stale_s - ZONE_LOST_S)], LEASE_S + 20
        ),
    }
