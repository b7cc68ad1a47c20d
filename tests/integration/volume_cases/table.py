"""The whole table."""

from __future__ import annotations

from integration.volume_cases import (
    attachment,
    classes,
    contents,
    empty,
    engine,
    errors,
    find,
    journal,
    lineage,
    logs,
    manifest,
    mount_point,
    ready,
)

TABLE = (
    *find.CASES,
    *classes.CASES,
    *attachment.CASES,
    *ready.CASES,
    *journal.CASES,
    *mount_point.CASES,
    *errors.CASES,
    *contents.CASES,
    *logs.CASES,
    *manifest.CASES,
    *lineage.CASES,
    *engine.CASES,
    *empty.CASES,
)
