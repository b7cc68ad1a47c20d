"""Our own hydration: the one place in the benchmark that knows how it is run."""

from __future__ import annotations

import os
import shlex
import subprocess
from enum import StrEnum
from pathlib import Path

from ladybug_lab.agent_process import agent_command

# Another program that takes the same orders can be measured in its place.
_PROGRAM = shlex.split(os.environ.get("BENCH_HYDRATE", "")) or agent_command("hydrate")
_TIMEOUT_S = 60.0


class Tier(StrEnum):
    """What a recording is taken after."""

    OPEN = "open"
    QUERIES = "queries"


def record(mount: Path, database: str, maps: Path, tier: Tier) -> None:
    """Learn from the page cache what was read so far; called twice for each recording."""
    _run("record", str(mount), database, str(maps), tier)


def write_plan(mount: Path, maps: Path, plan: Path) -> None:
    """Write what `hot_command` would read, in its order, as lines for the compiled reader."""
    _run("plan", str(mount), str(maps), str(plan))


def hot_command(mount: Path, maps: Path) -> list[str]:
    """Both passes over the merged maps of this directory, then it ends."""
    return [*_PROGRAM, "hot", str(mount), str(maps)]


def full_command(mount: Path) -> list[str]:
    """Read everything, as fast as the volume gives it, then end."""
    return [*_PROGRAM, "full", str(mount), "none"]


def background_command(mount: Path, rate_bytes_per_s: float) -> list[str]:
    """Read everything beside queries, then end."""
    return [*_PROGRAM, "background", str(mount), str(rate_bytes_per_s)]


def _run(*order: str) -> None:
    subprocess.run([*_PROGRAM, *order], check=True, timeout=_TIMEOUT_S)
