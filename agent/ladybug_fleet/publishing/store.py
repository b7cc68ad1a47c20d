"""What publishing needs of a place that objects are kept in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ladybug_fleet.publishing.artefact import Artefact


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """What the store says of an object; `digest` is its SHA-256, or None where it keeps none."""

    size: int
    digest: bytes | None


class Store(Protocol):
    """Each call blocks until it is done or its retries are spent. All raise AgentError."""

    def uri(self, name: str) -> str: ...

    def put_new(self, artefact: Artefact) -> bool:
        """Store it under its name; False, without a change, if there is an object already."""
        ...

    def look(self, name: str) -> StoredObject | None:
        """Return what is there under the name, or None."""
        ...

    def read(self, name: str) -> bytes: ...
