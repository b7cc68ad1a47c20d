"""Every secret that this process has loaded. The types that hold one put it here as they are made.

Nothing else is imported here: the health check loads it too.
"""

from __future__ import annotations

LEAST_CHARS = 8
"""Shorter ones would be found in innocent words; they are hidden by their names only."""

_loaded: set[str] = set()


def remember(*secrets: str) -> None:
    """Keep secrets, so that any later output is searched for them."""
    _loaded.update(secret for secret in secrets if len(secret.strip()) >= LEAST_CHARS)


def loaded() -> frozenset[str]:
    return frozenset(_loaded)
