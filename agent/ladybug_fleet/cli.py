"""The command line of the operator tools."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ladybug_agent import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Answer `--version` and `--help`; anything else is a usage error (2) by argparse."""
    parser = argparse.ArgumentParser(
        prog="ladybug-fleet",
        description="Publishes, deploys and watches a fleet of replicas. This version has no verbs"
        " yet: the boot of one replica is `ladybug-agent`.",
    )
    parser.add_argument("--version", action="version", version=f"ladybug-fleet {__version__}")
    parser.parse_args(argv)
    parser.print_help()
    return 2


if __name__ == "__main__":
    sys.exit(main())
