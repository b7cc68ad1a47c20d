"""The lab's image on the local engine, and databases for its engine to open."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import ladybug

from ladybug_lab.graph_api.image import build_image

DOCKER = "unix:///var/run/docker.sock"
SCHEMA = (
    "CREATE NODE TABLE Filing(name STRING PRIMARY KEY, year INT64)",
    "CREATE REL TABLE Cites(FROM Filing TO Filing)",
    "UNWIND range(1, 2000) AS i CREATE (:Filing {name: 'f' + string(i), year: i})",
    "MATCH (a:Filing), (b:Filing) WHERE a.year = b.year + 1 CREATE (a)-[:Cites]->(b)",
    "CHECKPOINT",
)
ROWS = {"Filing": 2000, "Cites": 1999}
# Ends without closing: what it wrote is in the write-ahead log.
WRITER = """
import os, sys, ladybug
database = ladybug.Database(sys.argv[1], buffer_pool_size=64 * 2**20)
connection = ladybug.Connection(database)
connection.execute("CREATE (:Filing {name: 'late', year: 1})")
os._exit(0)
"""


@contextmanager
def lab_image() -> Iterator[str]:
    """Build the lab's image under a name of its own; yield its id."""
    client = docker.DockerClient(base_url=DOCKER, version="auto")
    try:
        built = build_image(client, f"lab-test/{uuid.uuid4().hex}:1", labels={})
        yield built
        client.images.remove(built, force=True)
    finally:
        client.close()


def make_database(path: Path) -> None:
    """Write a database of `ROWS`, checkpointed and closed, that everybody can read."""
    with (
        ladybug.Database(path, buffer_pool_size=64 * 2**20) as database,
        ladybug.Connection(database) as connection,
    ):
        for statement in SCHEMA:
            connection.execute(statement)
    path.chmod(0o644)


def add_unfinished(path: Path) -> Path:
    """Write one more row by a writer that dies; return the log that it leaves."""
    subprocess.run([sys.executable, "-c", WRITER, str(path)], check=True, timeout=60)
    return path.with_name(f"{path.name}.wal")


def overwrite(path: Path, offset: int, content: bytes) -> None:
    with path.open("r+b") as file:
        os.pwrite(file.fileno(), content, offset)
