"""Our own hydration: the one place in the benchmark that knows how it is run."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path

from bench.hydration.programs import Program, run

_PROGRAM = [sys.executable, str(Path(__file__).parents[2] / "support" / "hydrator.py")]


class Tier(StrEnum):
    """What a recording is taken after."""

    OPEN = "open"
    QUERIES = "queries"


def record(mount: Path, database: str, maps: Path, tier: Tier) -> None:
    """Learn from the page cache what was read so far; called twice for each recording."""
    _run("record", str(mount), database, str(maps), tier)


def write_plan(mount: Path, maps: Path, plan: Path) -> None:
    """Write what `hot` would read, in its order, as lines for the compiled reader."""
    _run("plan", str(mount), str(maps), str(plan))


def hot(mount: Path, maps: Path) -> Program:
    """Both passes over the merged maps of this directory."""
    return Program(argv=[*_PROGRAM, "hot", str(mount), str(maps)], waits=True)


def full(mount: Path) -> Program:
    """Everything, as fast as the volume gives it."""
    return Program(argv=[*_PROGRAM, "full", str(mount)], waits=True)


def background(mount: Path, volume_bytes_per_s: float) -> Program:
    """Everything, beside queries, on a volume that gives so much."""
    return Program(argv=[*_PROGRAM, "background", str(mount), str(volume_bytes_per_s)], waits=True)


def _run(*order: str) -> None:
    run(Program(argv=[*_PROGRAM, *order], waits=True))
