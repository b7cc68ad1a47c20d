"""The rounds of the last run, kept in the lab's cache for the pictures."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from bench.hydration.scenario import Row
from ladybug_lab.depot import cache_directory

Rows = dict[str, list[Row]]


def keep(rows: Rows) -> None:
    """Write down the scenarios that were run; of the others what was kept before stays."""
    kept = kept_rows() | rows
    told = {name: [dataclasses.asdict(row) for row in found] for name, found in kept.items()}
    draft = _file().with_suffix(".draft")
    draft.write_text(json.dumps(told), encoding="utf-8")
    draft.replace(_file())


def kept_rows() -> Rows:
    if not _file().exists():
        return {}
    told = json.loads(_file().read_text(encoding="utf-8"))
    return {name: [Row(**row) for row in found] for name, found in told.items()}


def _file() -> Path:
    return cache_directory() / "bench-hydration.json"
