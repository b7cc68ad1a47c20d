"""The benchmarks behind `./dev bench`; exit status 1 when a figure exceeds its limit."""

from __future__ import annotations

import argparse
import json
import sys

from bench.boot import bench_boot
from bench.figures import Results, all_hold, table
from bench.tick import bench_tick
from bench.volume import bench_volume

BENCHES = {"boot": bench_boot, "volume": bench_volume, "tick": bench_tick}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", help="boot, volume, tick (default: all)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    results: Results = {}
    for name in arguments.what or BENCHES:
        results |= BENCHES[name](arguments.rounds)
    print(json.dumps(results, indent=1) if arguments.json else table(results))
    return 0 if all_hold(results) else 1


if __name__ == "__main__":
    sys.exit(main())
