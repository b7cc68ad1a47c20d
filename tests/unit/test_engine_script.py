"""The script that runs inside the image, with an engine of the test's own beside it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ladybug_agent.resources.engine import script as engine_script

SOURCE = Path(engine_script.__file__).read_text(encoding="utf-8")
STUB = """
import os
version = "9.9"
TABLES = [["Filing", "NODE"], ["CITES", "REL"], ["a`b", "NODE"], ["Old", "RDF"]]
class Result:
    def __init__(self, rows): self.rows = list(rows)
    def get_column_names(self): return ["name", "type"]
    def has_next(self): return bool(self.rows)
    def get_next(self): return self.rows.pop(0)
class Connection:
    def __init__(self, database): pass
    def close(self): pass
    def execute(self, query):
        print("ran", query)
        return Result(TABLES if "show_tables" in query else [[len(query)]])
class Database:
    def __init__(self, path, buffer_pool_size, read_only):
        print("opened", os.path.basename(path), buffer_pool_size, read_only)
        if "bad" in path: raise MemoryError("std::bad_alloc")
        if "crash" in path: os.abort()
    def close(self): print("closed")
"""


def run(directory: Path, module: str = "ladybug", **task: Any) -> tuple[int, list[Any], list[str]]:
    """Return the exit status, the events, and what the stub has said."""
    (directory / f"{module}.py").write_text(STUB, encoding="utf-8")
    whole = {"act": "open", "directory": "/d", "buffer_pool_bytes": 7, "counted": {}, **task}
    ended = subprocess.run(
        [sys.executable, "-S", "-c", SOURCE, json.dumps(whole)],
        capture_output=True, text=True, check=False, timeout=30, cwd=directory,
        env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    lines = [line for line in ended.stdout.splitlines() if line]
    events = [json.loads(line) for line in lines if line.startswith("{")]
    return ended.returncode, events, [line for line in lines if not line.startswith("{")]


def test_it_is_in_the_grammar_of_python_3_8() -> None:
    ast.parse(SOURCE, feature_version=(3, 8))


@pytest.mark.parametrize("module", ["ladybug", "real_ladybug"])
def test_a_database_is_opened_read_only_and_closed(tmp_path: Path, module: str) -> None:
    status, events, said = run(tmp_path, module, databases=["sec"])
    tables = dict.fromkeys(["Filing", "CITES", "a`b", "Old"])
    assert (status, events) == (
        0,
        [
            {"event": "opening", "database": "sec"},
            {"event": "done", "database": "sec", "tables": tables},
            {"event": "finished", "engine": f"{module} 9.9"},
        ],
    )
    assert said == ["opened sec.lbug 7 True", "ran CALL show_tables() RETURN *", "closed"]


def test_all_tables_are_counted_that_can_be(tmp_path: Path) -> None:
    _, events, said = run(tmp_path, databases=["sec"], counted={"sec": True})
    queries = [line.removeprefix("ran ") for line in said if "count" in line]
    assert queries == [
        "MATCH (n:`Filing`) RETURN count(n)",
        "MATCH ()-[r:`CITES`]->() RETURN count(r)",
        "MATCH (n:`a``b`) RETURN count(n)",
    ]
    assert events[1]["tables"] == {
        "Filing": len(queries[0]),
        "CITES": len(queries[1]),
        "a`b": len(queries[2]),
        "Old": None,
    }


def test_only_the_tables_asked_for_are_counted(tmp_path: Path) -> None:
    _, events, _ = run(tmp_path, databases=["sec"], counted={"sec": ["CITES"]})
    assert [name for name, rows in events[1]["tables"].items() if rows] == ["CITES"]


def test_an_error_of_the_engine_is_told_and_ends_it(tmp_path: Path) -> None:
    status, events, _ = run(tmp_path, databases=["sec", "bad", "never"])
    assert (status, events[-2:]) == (
        1,
        [
            {"event": "opening", "database": "bad"},
            {"event": "failed", "database": "bad", "error": "MemoryError: std::bad_alloc"},
        ],
    )


def test_the_database_is_named_before_the_engine_can_crash(tmp_path: Path) -> None:
    status, events, _ = run(tmp_path, databases=["crash"])
    assert (status, events) == (-6, [{"event": "opening", "database": "crash"}])


def test_without_an_engine_it_says_what_it_looked_for(tmp_path: Path) -> None:
    status, (event,), _ = run(tmp_path, "another", databases=["sec"])
    assert (status, event["event"]) == (3, "no_engine")
    assert "'ladybug'" in event["error"]
    assert "'real_ladybug'" in event["error"]


def test_a_checkpoint_opens_for_writing(tmp_path: Path) -> None:
    status, events, said = run(tmp_path, databases=["sec"], act="checkpoint")
    assert said == ["opened sec.lbug 7 False", "ran CHECKPOINT", "closed"]
    assert (status, events[1]["tables"]) == (0, {})
