"""A version of the agent that was given up after failed boots, as `ladybug-boots` left it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

GIVEN_UP = Path("/var/lib/ladybug-agent/versions/given-up.json")
"""On the root disk, for it outlives a reboot; gone once another version is installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    given_up: str
    used: str
    """The version that is used in its place."""
    failed_boots: int
    at: str
    """UTC, `2026-02-06T12:00:00Z`."""

    def __str__(self) -> str:
        return (
            f"version {self.given_up} was given up after {self.failed_boots} failed boots"
            f" ({self.at}); {self.used} is used again"
        )


def read_given_up(path: Path = GIVEN_UP) -> GivenUp | None:
    """Return what was given up; None if nothing was, or if nobody can tell."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return GivenUp(
            given_up=str(document["given_up"]),
            used=str(document["used"]),
            failed_boots=int(document["failed_boots"]),
            at=str(document["at"]),
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None
