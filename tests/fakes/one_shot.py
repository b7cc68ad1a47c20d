"""What programs say that run once, in the place of the image's engine."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ladybug_agent.model.containers import OneShotResult, OneShotSpec

ENGINE = "ladybug 0.22.0"
TABLES: dict[str, int | None] = {"Filing": 3, "CITES": 2}


def ended(
    *events: Mapping[str, object],
    exit_code: int = 0,
    oom_killed: bool = False,
    stderr: str = "",
) -> OneShotResult:
    """Return a program's end, after it had told these events, each a line of JSON."""
    stdout = "".join(f"{json.dumps(event)}\n" for event in events)
    return OneShotResult(exit_code=exit_code, oom_killed=oom_killed, stdout=stdout, stderr=stderr)


def opening(name: str) -> dict[str, object]:
    return {"event": "opening", "database": name}


def done(name: str, tables: Mapping[str, int | None] = TABLES) -> dict[str, object]:
    return {"event": "done", "database": name, "tables": dict(tables)}


def failed(name: str, error: str) -> dict[str, object]:
    return {"event": "failed", "database": name, "error": error}


def finished(engine: str = ENGINE) -> dict[str, object]:
    return {"event": "finished", "engine": engine}


def opens_all(spec: OneShotSpec) -> OneShotResult:
    """Answer as the script does when all is well: every database has the same two tables."""
    events = []
    for name in json.loads(spec.command[-1])["databases"]:
        events += [opening(name), done(name)]
    return ended(*events, finished())
