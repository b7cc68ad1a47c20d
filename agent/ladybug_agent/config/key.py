"""How a key of the configuration is declared: its meaning, default and limits."""

from __future__ import annotations

from dataclasses import field
from typing import Any


def key(
    doc: str,
    *,
    default: Any = ...,
    least: float | None = None,
    most: float | None = None,
    pattern: str = "",
) -> Any:
    """Describe one key: documentation, default (required without one) and limits."""
    metadata = {"doc": doc, "least": least, "most": most, "pattern": pattern}
    if default is ...:
        return field(metadata=metadata)
    if isinstance(default, dict):
        return field(default_factory=lambda: dict(default), metadata=metadata)
    return field(default=default, metadata=metadata)


NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
