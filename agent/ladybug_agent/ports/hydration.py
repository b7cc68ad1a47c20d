"""What the agent needs in order to load a volume; see `ladybug_agent.ports`."""

from __future__ import annotations

from typing import Protocol

from ladybug_agent.model.hydration import Extent, PageRun, StoredMap


class FileLayout(Protocol):
    def extents(self, handle: int) -> tuple[Extent, ...]:
        """Return where an open file lies on its device, in the order of the file, without holes.

        Raises ExternalFailure `file_layout_unknown` where the filesystem does not say.
        """


class PageCache(Protocol):
    """What the kernel holds in memory of an open file."""

    def resident(self, handle: int, size_bytes: int) -> tuple[PageRun, ...]:
        """Return the pages that are in memory now (mincore(2)).

        Only root, the owner, or who may write the file is told; others see all of it resident.
        """

    def evict(self, handle: int) -> None:
        """Let go of the file's clean pages (posix_fadvise(2), POSIX_FADV_DONTNEED)."""


class MapStore(Protocol):
    """Where the hot maps of the fleet are kept, by the UUID of their database."""

    @property
    def where(self) -> str:
        """The place, for messages: `s3://bucket/prefix` or a directory."""

    def load(self, database_uuid: str) -> StoredMap | None:
        """Return the map, or None if there is none. Blocks for one call to S3."""

    def replace(self, database_uuid: str, data: bytes, *, version: str | None) -> bool:
        """Store the map in place of the version (None: of none); False if there is another now."""
