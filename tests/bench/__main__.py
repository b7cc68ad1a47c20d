"""The benchmarks behind `./dev bench`; exit status 1 when a figure exceeds its limit."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass

from bench.boot import bench_boot
from bench.figures import Results, all_hold, table
from bench.hydration.suite import SCENARIOS, bench_hydration
from bench.volume import bench_volume


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    measure: Callable[[int, list[str]], Results]
    rounds: int


BENCHES = {
    "boot": Bench(measure=lambda rounds, _: bench_boot(rounds), rounds=7),
    "volume": Bench(measure=lambda rounds, _: bench_volume(rounds), rounds=7),
    "hydration": Bench(measure=bench_hydration, rounds=5),
}
# Hydration takes much longer than the others, and is asked for by name.
BY_DEFAULT = ("boot", "volume")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", help=f"{', '.join(BENCHES)} (default: boot, volume)")
    parser.add_argument("--rounds", type=int, help="default: 7, hydration 5")
    parser.add_argument(
        "--only", action="append", default=[], choices=SCENARIOS, help="scenario of hydration"
    )
    parser.add_argument("--pictures", action="store_true", help="draw those of hydration anew")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    results: Results = {}
    for name in arguments.what or BY_DEFAULT:
        bench = BENCHES[name]
        results |= bench.measure(arguments.rounds or bench.rounds, arguments.only)
    if arguments.pictures:
        from bench.hydration.pictures import draw_pictures  # noqa: PLC0415  # an extra

        draw_pictures()
    print(json.dumps(results, indent=1) if arguments.json else table(results))
    return 0 if all_hold(results) else 1


if __name__ == "__main__":
    sys.exit(main())
