"""A database caught in the middle of a checkpoint, as a snapshot of a busy writer can hold it."""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ladybug_lab.engines import Engine, engine_command
from ladybug_lab.errors import LabError

_TRIES = 200
_LONGEST_RUN_S = 0.05
_REFUSALS = (
    "checkpoint recovery is pending",  # 0.22
    "replay shadow pages under read-only mode",  # 0.12 to 0.17
)
# It ends by itself, should nobody be there any more to kill it.
_CHURN = """
import sys
connection = lbug.Connection(lbug.Database(sys.argv[1]))
print("ready", flush=True)
for first in range(1_000_000, 1_100_000, 200):
    connection.execute(f"UNWIND range({first}, {first + 199}) AS i CREATE (:Item {{id: i}})")
    connection.execute("CHECKPOINT")
"""

Count = Callable[[Path, str], int]  # database, "read-only" or "writable"


def catch_pending_recovery(engine: Engine, path: Path, count: Count) -> None:
    """Write to the database, with a checkpoint after each commit, and kill the writer at random.

    Ends when what lies on the disk is refused read-only, and is sound again after one open for
    writing; `path` is then that state. Seconds; raises `LabError` if no try shows one.
    """
    chance = random.Random()  # noqa: S311  # when to kill
    for _ in range(_TRIES):
        with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
            written = _copied(path, Path(scratch) / "written")
            _write_for(engine, written, chance.uniform(0, _LONGEST_RUN_S))
            if _is_refused(written, count) and _is_cured_by_writing(written, count):
                _copied(written, path.parent)
                return
    raise LabError(f"{engine.name} left no checkpoint to recover in {_TRIES} tries")


def _write_for(engine: Engine, path: Path, duration_s: float) -> None:
    argv = engine_command(engine, _CHURN, str(path))
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        writer.stdout.readline()
        time.sleep(duration_s)
        writer.kill()


def _is_refused(path: Path, count: Count) -> bool:
    try:
        count(path, "read-only")
    except LabError as error:
        return any(refusal in str(error) for refusal in _REFUSALS)
    return False


def _is_cured_by_writing(path: Path, count: Count) -> bool:
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        copy = _copied(path, Path(scratch))
        try:
            return count(copy, "writable") == count(copy, "read-only")
        except LabError:
            return False


def _copied(path: Path, directory: Path) -> Path:
    """Copy the database with all its companions."""
    directory.mkdir(exist_ok=True)
    for file in path.parent.glob(f"{path.name}*"):
        shutil.copyfile(file, directory / file.name)
    return directory / path.name
