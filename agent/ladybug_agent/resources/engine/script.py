"""Runs inside the image, as `python -c`, with nothing of the agent: asks the image's own engine.

Python 3.8 or later, its standard library, and the module `ladybug` or `real_ladybug`. The one
argument is a task in JSON; what happens is told in lines of JSON, each flushed, because the engine
may end the program at any moment. The exit status is 0, 1 for an error of the engine, or 3 without
an engine.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import os
import sys
from contextlib import closing
from typing import Any, NoReturn

ENGINES = ("ladybug", "real_ladybug")
# All that pybind11 makes of an exception in C++.
ENGINE_ERRORS = (RuntimeError, MemoryError, ValueError, LookupError, ArithmeticError, OSError)
COUNTS = {
    "NODE": "MATCH (n:`{}`) RETURN count(n)",
    "REL": "MATCH ()-[r:`{}`]->() RETURN count(r)",
}


def say(event: str, **facts: object) -> None:
    # On a line of its own, whatever the engine may have printed.
    print("\n" + json.dumps({"event": event, **facts}), flush=True)


def end(status: int) -> NoReturn:
    os._exit(status)  # all is closed: whatever the engine does at the end of Python is no answer


def find_engine() -> Any:
    missing = []
    for name in ENGINES:
        try:
            return importlib.import_module(name)
        except ImportError as error:
            missing.append(f"{type(error).__name__}: {error}")
    say("no_engine", error="; ".join(missing))
    return end(3)


def open_database(engine: Any, task: dict[str, Any], name: str) -> Any:
    return engine.Database(
        os.path.join(task["directory"], name + ".lbug"),  # noqa: PTH118 - as the engine wants it
        buffer_pool_size=task["buffer_pool_bytes"],
        read_only=task["act"] == "open",
    )


def tables_of(connection: Any, counted: Any) -> dict[str, int | None]:
    """Return the rows of each table; None where `counted`, all or some, does not ask for them."""
    result = connection.execute("CALL show_tables() RETURN *")
    columns = result.get_column_names()
    found: dict[str, int | None] = {}
    while result.has_next():
        row = dict(zip(columns, result.get_next()))  # noqa: B905 - `strict` is of Python 3.10
        found[row["name"]] = None
        if row["type"] in COUNTS and (counted is True or row["name"] in counted):
            query = COUNTS[row["type"]].format(row["name"].replace("`", "``"))
            found[row["name"]] = connection.execute(query).get_next()[0]
    return found


def visit(engine: Any, task: dict[str, Any], name: str) -> None:
    say("opening", database=name)
    tables: dict[str, int | None] = {}
    database = open_database(engine, task, name)
    with closing(database), closing(engine.Connection(database)) as connection:
        if task["act"] == "checkpoint":
            connection.execute("CHECKPOINT")
        else:
            tables = tables_of(connection, task["counted"].get(name, ()))
    say("done", database=name, tables=tables)


def main() -> None:
    faulthandler.enable()
    task = json.loads(sys.argv[1])
    engine = find_engine()
    version = getattr(engine, "version", None) or getattr(engine, "__version__", "unknown")
    for name in task["databases"]:
        try:
            visit(engine, task, name)
        except ENGINE_ERRORS as error:
            say("failed", database=name, error=f"{type(error).__name__}: {error}")
            end(1)
    say("finished", engine=f"{engine.__name__} {version}")
    end(0)


if __name__ == "__main__":
    main()
