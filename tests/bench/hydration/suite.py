"""The benchmark of hydration: all scenarios in turn, round by round."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence

from bench.figures import Results
from bench.hydration.first_answers import FIRST_ANSWERS
from bench.hydration.latencies import BESIDE_QUERIES
from bench.hydration.learning import Learned
from bench.hydration.reading import READING
from bench.hydration.rows import Rows, keep
from bench.hydration.scenario import Row, Scenario, World
from bench.hydration.stands import open_stands

# What says most comes first, and each round has all of them: a run that is cut short is of use.
SCENARIOS = {
    scenario.name: scenario
    for scenario in (*FIRST_ANSWERS[:3], READING, BESIDE_QUERIES, *FIRST_ANSWERS[3:])
}


def bench_hydration(rounds: int, only: Sequence[str] = ()) -> Results:
    """Measure; Ctrl-C ends it with what there is. Raises if an answer is wrong."""
    chosen = [SCENARIOS[name] for name in only] or list(SCENARIOS.values())
    rows: Rows = {}
    try:
        for scenario, row in _measured(chosen, rounds):
            rows.setdefault(scenario.name, []).append(row)
            keep(rows)
    except KeyboardInterrupt:
        print("interrupted; these are the rounds that were done", file=sys.stderr)
    results: Results = {}
    for scenario in chosen:
        if scenario.name in rows:
            results |= scenario.results(rows[scenario.name])
    return results


def _measured(chosen: list[Scenario], rounds: int) -> Iterator[tuple[Scenario, Row]]:
    with open_stands() as stands:
        world = World(stands=stands, learned=Learned(stands))
        for number in range(rounds):
            for scenario in chosen:
                began = time.monotonic()
                row = scenario.measure(world, number)
                took_s = time.monotonic() - began
                told = f"round {number + 1} of {rounds}: {scenario.name}, {took_s:.0f} s"
                print(told, file=sys.stderr, flush=True)
                yield scenario, row
