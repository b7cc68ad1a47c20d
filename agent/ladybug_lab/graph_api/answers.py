"""What the Graph API answers: health, information and queries over read-only databases."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ladybug

MAX_ROWS = 10_000
QUERY_TIMEOUT_MS = 30_000

Reply = tuple[int, dict[str, Any]]


class CannotOpenError(Exception):
    """A file is not a database that this engine can open."""


def setting(name: str, default: str) -> str:
    return os.environ.get(name, default)


def open_all(directory: Path) -> dict[str, ladybug.Database]:
    """Open every `*.lbug` file; holds Python's global lock meanwhile."""
    buffer_pool_bytes = int(setting("LBUG_BUFFER_POOL_MB", "64")) * 2**20
    databases = {}
    for path in sorted(directory.glob("*.lbug")):
        try:
            databases[path.stem] = ladybug.Database(
                path, read_only=True, buffer_pool_size=buffer_pool_bytes
            )
        # A damaged file can look like one that needs more memory than there is.
        except (RuntimeError, MemoryError) as error:
            reason = " ".join(str(error).split())
            raise CannotOpenError(f"cannot open database {path}: {reason}") from error
    return databases


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The answers; `databases` is None until all are open."""

    directory: Path
    fault: str
    started: float = field(default_factory=time.monotonic)
    databases: dict[str, ladybug.Database] | None = None

    def health(self) -> Reply:
        if self.databases is None:
            return 503, {"status": "unhealthy", "reason": "opening"}
        if self.fault == "unhealthy":
            return 503, {"status": "unhealthy", "reason": "LAB_FAULT=unhealthy"}
        return 200, {
            "status": "healthy",
            "uptime_seconds": self._uptime_s(),
            "database_count": 0 if self.fault == "no-databases" else len(self.databases),
            "memory_rss_mb": _resident_mib(),
        }

    def info(self) -> Reply:
        if self.databases is None:
            return self.health()
        return 200, {
            "node_id": setting("INSTANCE_ID", os.uname().nodename),
            "node_type": setting("LBUG_NODE_TYPE", "shared_replica"),
            "version": ladybug.version,
            "storage_versions": setting("LBUG_STORAGE_VERSIONS", str(ladybug.storage_version)),
            "base_path": str(self.directory),
            "databases": sorted(self.databases),
            "uptime_seconds": self._uptime_s(),
            "read_only": self.fault != "writable-info",
        }

    def query(self, name: str, request: bytes) -> Reply:
        if self.databases is None:
            return self.health()
        if name not in self.databases:
            return 404, {"error": f"no database {name}"}
        try:
            return 200, _run_query(self.databases[name], json.loads(request))
        # RuntimeError is all the engine raises, for bad syntax as for a refused write.
        except (RuntimeError, MemoryError, ValueError) as error:
            return 400, {"error": str(error)}

    def _uptime_s(self) -> float:
        return round(time.monotonic() - self.started, 3)


def _run_query(database: ladybug.Database, request: object) -> dict[str, Any]:
    match request:
        case {"cypher": str(cypher), **rest} if isinstance(
            parameters := rest.get("parameters", {}), dict
        ):
            pass
        case _:
            raise ValueError('expected {"cypher": "...", "parameters": {...}}')
    with ladybug.Connection(database) as connection:
        connection.set_query_timeout(QUERY_TIMEOUT_MS)
        results = connection.execute(cypher, parameters)
        match results:
            case ladybug.QueryResult() as result if result.get_num_tuples() <= MAX_ROWS:
                return {"columns": result.get_column_names(), "rows": list(result)}
            case ladybug.QueryResult():
                raise ValueError(f"more than {MAX_ROWS} rows: add a LIMIT")
            case _:
                raise ValueError("one statement at a time")


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)
