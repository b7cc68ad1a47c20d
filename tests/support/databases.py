"""LadybugDB databases in the states that a snapshot can hold them in, made by the real engines.

Each maker writes the database `path` and its companions (`.wal` and others), and returns `path`.
What takes an engine is made once and kept in the lab's cache, for each release of the engine.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ladybug_lab.depot import cache_directory
from ladybug_lab.engines import Engine, engine_command, run_engine
from support.churn import catch_pending_recovery
from support.damage import truncated

ROWS = 500
MORE_ROWS = 100
TIMEOUT_S = 60.0

_NAME = "d.lbug"
_TABLES = [
    "CREATE NODE TABLE Item(id INT64 PRIMARY KEY, text STRING)",
    "CREATE REL TABLE Next(FROM Item TO Item)",
]
_WRITE = """
import json, os, signal, sys
path, statements, ending = sys.argv[1:]
database = lbug.Database(path)
connection = lbug.Connection(database)
for statement in json.loads(statements):
    connection.execute(statement)
if ending == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
connection.close()
database.close()
"""
_ASK = """
import sys
path, access, query = sys.argv[1:]
connection = lbug.Connection(lbug.Database(path, read_only=access == "read-only"))
answer = connection.execute(query)
while answer.has_next():
    print(answer.get_next()[0])
"""


def checkpointed(engine: Engine, path: Path, *, rows: int = ROWS) -> Path:
    """A database that was closed in good order: one file."""
    statements = [*_TABLES, *_items(1, rows)]
    return _kept(
        engine, f"checkpointed-{rows}", path, lambda draft: _write(engine, draft, statements)
    )


def with_wal(engine: Engine, path: Path, *, rows: int = ROWS) -> Path:
    """The writer was killed: `MORE_ROWS` committed rows are in the `.wal` only."""

    def make(draft: Path) -> None:
        checkpointed(engine, draft, rows=rows)
        _write(engine, draft, _items(rows + 1, rows + MORE_ROWS), killed=True)

    return _kept(engine, f"with-wal-{rows}", path, make)


def never_checkpointed(engine: Engine, path: Path, *, rows: int = ROWS) -> Path:
    """The file is a header of one page and all the data is in the `.wal`."""
    statements = [*_TABLES, *_items(1, rows)]
    return _kept(
        engine,
        f"never-checkpointed-{rows}",
        path,
        lambda draft: _write(engine, draft, statements, killed=True),
    )


def without_tables(engine: Engine, path: Path) -> Path:
    """A new database, closed in good order: four pages with an empty catalog."""
    return _kept(engine, "without-tables", path, lambda draft: _write(engine, draft, []))


def header_only(engine: Engine, path: Path) -> Path:
    """A new database whose writer was killed at once: a header of one page, and no `.wal`."""
    return _kept(engine, "header-only", path, lambda draft: _write(engine, draft, [], killed=True))


def torn_wal(engine: Engine, path: Path) -> Path:
    """The end of the `.wal` did not reach the disk."""
    truncated(wal_of(with_wal(engine, path)), 5)
    return path


def garbage_wal(engine: Engine, path: Path) -> Path:
    """The `.wal` has its own length and somebody else's bytes."""
    wal = wal_of(with_wal(engine, path))
    wal.write_bytes(random.Random(1).randbytes(wal.stat().st_size))  # noqa: S311  # same each time
    return path


def foreign_wal(engine: Engine, path: Path) -> Path:
    """The `.wal` is a valid one of another database."""
    with tempfile.TemporaryDirectory() as scratch:
        other = never_checkpointed(engine, Path(scratch) / _NAME)
        checkpointed(engine, path)
        wal_of(other).replace(wal_of(path))
    return path


def pending_recovery(engine: Engine, path: Path) -> Path:
    """The writer was stopped in a checkpoint: no read-only open until one open for writing."""

    def make(draft: Path) -> None:
        checkpointed(engine, draft)
        catch_pending_recovery(
            engine, draft, lambda caught, access: count_items(engine, caught, access=access)
        )

    return _kept(engine, "pending-recovery", path, make)


def wal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


def count_items(engine: Engine, path: Path, *, access: str = "read-only") -> int:
    """Open the database and count; raise `LabError` with the engine's words if it refuses."""
    query = "MATCH (item:Item) RETURN count(*)"
    return int(run_engine(engine, _ASK, str(path), access, query, timeout_s=TIMEOUT_S))


def table_names(engine: Engine, path: Path) -> list[str]:
    """Open the database read-only and list its tables."""
    query = "CALL show_tables() RETURN name"
    return run_engine(engine, _ASK, str(path), "read-only", query, timeout_s=TIMEOUT_S).split()


def _items(first: int, last: int) -> list[str]:
    items = "CREATE (:Item {id: i, text: 'text ' + cast(i AS STRING)})"
    following = f"a.id >= {first} AND b.id = a.id + 1"
    return [
        f"UNWIND range({first}, {last}) AS i {items}",
        f"MATCH (a:Item), (b:Item) WHERE {following} CREATE (a)-[:Next]->(b)",
    ]


def _write(engine: Engine, path: Path, statements: list[str], *, killed: bool = False) -> None:
    ending = "killed" if killed else "closed"
    argv = engine_command(engine, _WRITE, str(path), json.dumps(statements), ending)
    done = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=TIMEOUT_S)
    assert done.returncode == (-signal.SIGKILL if killed else 0), done.stderr


def _kept(engine: Engine, state: str, path: Path, make: Callable[[Path], None]) -> Path:
    """Copy the database from the cache; make it first if it is not there."""
    kept = cache_directory() / "database-states" / _fingerprint() / engine.name / state
    if not kept.is_dir():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".") as scratch:
            draft = Path(scratch) / state
            draft.mkdir()
            make(draft / _NAME)
            with suppress(OSError):  # somebody else was first
                draft.rename(kept)
    for file in kept.iterdir():
        shutil.copyfile(file, path.with_name(path.name + file.name.removeprefix(_NAME)))
    return path


def _fingerprint() -> str:
    """Change with the way in which databases are made, so that none is kept from an older one."""
    sources = [Path(__file__), Path(__file__).with_name("churn.py")]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]
