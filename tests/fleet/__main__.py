"""Boot whole fleets on virtual time, print the figures, and fail when one falls short."""

from __future__ import annotations

import argparse
import json
import sys

from bench.figures import all_hold, table
from fleet.suite import FULL, QUICK, run_suite


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small fleets: seconds, not minutes")
    parser.add_argument("--processes", type=int, help="default: as many as there are processors")
    parser.add_argument("--pictures", action="store_true", help="draw docs/pictures/fleet-*.svg")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    report = run_suite(QUICK if arguments.quick else FULL, arguments.processes)
    if arguments.pictures:
        from fleet.pictures import draw_pictures  # noqa: PLC0415  # an extra

        draw_pictures(report)
    print(json.dumps(report.results, indent=1) if arguments.json else table(report.results))
    return 0 if all_hold(report.results) else 1


if __name__ == "__main__":
    sys.exit(main())
