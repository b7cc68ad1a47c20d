"""The image's own engine, run once over a directory of databases, and what it tells of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Literal

from ladybug_agent.clock import Deadline
from ladybug_agent.model.containers import BindMount, OneShotResult, OneShotSpec
from ladybug_agent.ports.containers import ContainerEngine

# Unlike any path that an image has; in what the engine says, the host's path takes its place.
DIRECTORY = "/ladybug-snapshot"
BUFFER_POOL_BYTES = 64 * 1024**2
PIDS_LIMIT = 256
NO_ENGINE_STATUS = 3
WORDS_LENGTH = 800

RowCounts = Mapping[str, int | None]
"""The rows of each table; None where they were not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRules:
    """How the image's engine is run apart from the service."""

    container: str
    """The name of its container; nothing else may use it meanwhile."""
    python: str
    """The Python in the image that has the engine."""
    uid: int
    memory_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineTask:
    """What `script` gets as its argument."""

    act: Literal["open", "checkpoint"]
    databases: tuple[str, ...]
    counted: Mapping[str, tuple[str, ...] | Literal[True]] = field(default_factory=dict)
    """Tables whose rows are counted, by database; True for all of them."""
    directory: str = DIRECTORY
    buffer_pool_bytes: int = BUFFER_POOL_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineReport:
    """What the script told until it ended, however it ended."""

    result: OneShotResult
    tables: Mapping[str, RowCounts]
    """The databases that it is done with, and their tables."""
    at: str
    """The database that it was at when it ended, or nothing."""
    engine: str
    """Name and version; nothing unless it came to the end of its task."""
    error: str
    """What the engine, or the search for one, said; or nothing."""
    words: str
    """The last lines of the log."""


def ask_engine(
    engine: ContainerEngine,
    image_id: str,
    directory: Path,
    task: EngineTask,
    rules: EngineRules,
    deadline: Deadline,
) -> EngineReport:
    """Run the task in a container of its own, without network. Blocks until it ends."""
    spec = OneShotSpec(
        name=rules.container,
        image_id=image_id,
        user=f"{rules.uid}:{rules.uid}",
        command=(rules.python, "-c", _script(), json.dumps(asdict(task))),
        environment={"HOME": "/tmp", "PYTHONDONTWRITEBYTECODE": "1"},  # noqa: S108 - inside the container
        labels={},
        data=BindMount(source=str(directory), target=DIRECTORY, read_only=task.act == "open"),
        tmpfs={"/tmp": "mode=1777,size=64m"},  # noqa: S108 - inside the container
        memory_bytes=rules.memory_bytes,
        pids_limit=PIDS_LIMIT,
    )
    return read_report(engine.run_once(spec, deadline), directory)


def read_report(result: OneShotResult, directory: Path) -> EngineReport:
    """Understand the script's lines of JSON; all other lines are words of somebody else."""
    tables: dict[str, RowCounts] = {}
    at = engine = error = ""
    for line in result.stdout.splitlines():
        match _event(line):
            case {"event": "opening", "database": str(name)}:
                at = name
            case {"event": "done", "database": str(name), "tables": dict(found)}:
                tables[name] = {
                    str(table): rows if isinstance(rows, int) else None
                    for table, rows in found.items()
                }
                at = ""
            case {"event": "failed" | "no_engine", "error": str(said)}:
                error = _words(said, directory)
            case {"event": "finished", "engine": str(version)}:
                engine = version
    words = [line for line in result.stderr.splitlines() if line.strip()][-10:]
    return EngineReport(
        result=result,
        tables=tables,
        at=at,
        engine=engine,
        error=error,
        words=_words(" / ".join(words), directory) or "none",
    )


def _event(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):  # the latter for a line of nothing but brackets
        return None


def _words(text: str, directory: Path) -> str:
    return " ".join(text.split()).replace(DIRECTORY, str(directory))[-WORDS_LENGTH:]


def _script() -> str:
    script = files("ladybug_agent.resources.engine") / "script.py"
    return script.read_text(encoding="utf-8")
