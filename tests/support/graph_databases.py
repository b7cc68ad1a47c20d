"""Real LadybugDB databases of a quarter, one and four gigabytes, made once and kept in the cache.

Entities with a string as primary key, topics, and three kinds of edges between places drawn evenly:
the worst locality that a graph can have.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from ladybug_lab.depot import cache_directory
from support import graph_rows
from support.graph_rows import PARTS, GraphSize, write_rows
from support.keeping import kept_directory

QUARTER = GraphSize(
    name="quarter",
    entities=400_000,
    topics=5_000,
    rel_edges=1_200_000,
    about_edges=320_000,
    link_edges=30_000,
)
ONE = GraphSize(
    name="one",
    entities=1_600_000,
    topics=20_000,
    rel_edges=4_800_000,
    about_edges=1_280_000,
    link_edges=120_000,
)
FOUR = GraphSize(
    name="four",
    entities=6_400_000,
    topics=80_000,
    rel_edges=19_200_000,
    about_edges=5_120_000,
    link_edges=480_000,
)

_LOAD_TIMEOUT_S = 600.0
_SCHEMA = [
    (
        "CREATE NODE TABLE Entity("
        "id STRING PRIMARY KEY, name STRING, kind STRING, ts INT64, body STRING)"
    ),
    "CREATE NODE TABLE Topic(id INT64 PRIMARY KEY, name STRING)",
    "CREATE REL TABLE REL(FROM Entity TO Entity)",
    "CREATE REL TABLE ABOUT(FROM Entity TO Topic)",
    "CREATE REL TABLE LINKS(FROM Topic TO Topic)",
]
# By name of the file that has the rows.
_TABLES = {"Entity": "entity", "Topic": "topic", "REL": "rel", "ABOUT": "about", "LINKS": "links"}
# Of a process of its own, which gives its memory back.
_EXECUTE = """
import json, sys, ladybug
path, statements = sys.argv[1:]
with ladybug.Database(path, buffer_pool_size=2**30) as database:
    with ladybug.Connection(database) as connection:
        for statement in json.loads(statements):
            connection.execute(statement)
"""


def graph_database(size: GraphSize) -> Path:
    """Return the database `NAME.lbug`; the first time it is made.

    A quarter takes some 6 s on two cores, one 25 s, four 110 s.
    """

    def make(draft: Path) -> None:
        _load(draft / f"{size.name}.lbug", size, _SCHEMA, _TABLES)

    return kept_directory(_place(size), make) / f"{size.name}.lbug"


def grown_database(size: GraphSize) -> Path:
    """Return a copy, under the same name, with one percent more entities and edges, checkpointed.

    It is the same database, as its UUID tells, some days later.
    """
    more = replace(
        size,
        first_entity=size.entities,
        entities=size.entities // 100,
        rel_edges=size.rel_edges // 100,
        about_edges=size.about_edges // 100,
        link_edges=size.link_edges // 100,
        seed=2,
    )

    def make(draft: Path) -> None:
        copy = draft / f"{size.name}.lbug"
        shutil.copyfile(graph_database(size), copy)
        _load(copy, more, [], {table: n for table, n in _TABLES.items() if table != "Topic"})

    place = _place(size)
    return kept_directory(place.with_name(f"{place.name}-grown"), make) / f"{size.name}.lbug"


def _place(size: GraphSize) -> Path:
    """Name a directory by all that the database depends on."""
    made_of = [Path(graph_rows.__file__).read_text(), repr(size), repr(_SCHEMA), _EXECUTE]
    digest = hashlib.sha256("\0".join(made_of).encode()).hexdigest()[:12]
    return cache_directory() / "graphs" / f"ladybug-{version('ladybug')}" / f"{size.name}-{digest}"


def _load(database: Path, size: GraphSize, first: list[str], tables: dict[str, str]) -> None:
    """Copy the rows into `tables`, by the name of their files, and write all into the one file."""
    with tempfile.TemporaryDirectory(dir=database.parent) as scratch:
        rows = Path(scratch)
        write_rows(size, rows)
        copies = [f"COPY {table} FROM {_files(rows, name)}" for table, name in tables.items()]
        statements = json.dumps([*first, *copies, "CHECKPOINT"])
        subprocess.run(
            [sys.executable, "-c", _EXECUTE, str(database), statements],
            check=True,
            timeout=_LOAD_TIMEOUT_S,
        )


def _files(rows: Path, name: str) -> str:
    files = [str(rows / f"{name}-{part}.csv") for part in range(PARTS)]
    return f"{json.dumps(files)} (header=false, auto_detect=false)"
