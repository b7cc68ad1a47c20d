"""What is announced to the instance (`announced.json`): from `watch` to each health check.

Loads no library, because each health check reads it.
"""

from __future__ import annotations

import json
from pathlib import Path

from ladybug_agent.files import write_atomically

SCHEMA = "ladybug.announced/1"


def write_announced(path: Path, reasons: tuple[str, ...]) -> None:
    """Keep why the replica is degraded by announcement. Raises OSError."""
    write_atomically(path, json.dumps({"schema": SCHEMA, "reasons": list(reasons)}) + "\n")


def announced_reasons(path: Path) -> tuple[str, ...]:
    """Return them; none if nobody watches, or if what was written cannot be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return ()
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        return ()
    found = document.get("reasons")
    return tuple(str(reason) for reason in found) if isinstance(found, list) else ()
