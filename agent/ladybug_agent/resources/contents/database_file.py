"""The header of a LadybugDB file: what can be known of a database without its engine.

Layout, little-endian, checked on files of seven engine versions: bytes 0-3 magic `LBUG`; 4-11
storage version; 12-19 catalog start page and page count; 20-27 metadata start page and page count;
28-43 database UUID; byte 44 is 2 where 45-48 hold the number of pages of the file. A page is
4096 bytes.
"""

from __future__ import annotations

import struct
import uuid
from dataclasses import dataclass

PAGE_BYTES = 4096
MAGIC = b"LBUG"
HEADER = struct.Struct("<4sQIIII16sBI")
HAS_PAGE_COUNT = 2
NO_CATALOG = 0xFFFFFFFF
"""Catalog start of a database that was never checkpointed: all its data is in the `.wal`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseHeader:
    storage_version: int
    database_uuid: str
    pages_needed: int
    """Pages that the file must have at least, by its own header."""
    page_count: int | None = None
    """Pages of a checkpointed file, where the header says so (since engine 0.15)."""
    roots: tuple[tuple[int, int], ...] = ()
    """Start and number of the pages of catalog and metadata; empty for a database that was never
    checkpointed."""

    @property
    def root_pages(self) -> tuple[int, ...]:
        """Where catalog and metadata start."""
        return tuple(start for start, _ in self.roots)


WAL_HEADER_BYTES = 16
"""A write-ahead log starts with the UUID of its database."""
WAL_EMPTY_BYTES = WAL_HEADER_BYTES + 1
"""A log of so many bytes, UUID and a flag, has no record."""


class HeaderError(ValueError):
    """These bytes are not the header of a LadybugDB file."""


def parse_header(head: bytes) -> DatabaseHeader:
    """Parse the first bytes of a file. Raises HeaderError with the reason.

    >>> parse_header(HEADER.pack(b"LBUG", 49, 1, 1, 2, 1, bytes(16), 2, 3)).pages_needed
    3
    """
    if len(head) < HEADER.size:
        message = f"is shorter than its header ({len(head)} of {HEADER.size} bytes)"
        raise HeaderError(message)
    magic, version, catalog, catalog_pages, meta, meta_pages, identity, marker, pages = (
        HEADER.unpack_from(head)
    )
    if magic != MAGIC:
        message = f"starts with {magic!r} instead of {MAGIC!r}"
        raise HeaderError(message)
    needed = 1
    if catalog != NO_CATALOG:
        needed = max(needed, catalog + catalog_pages, meta + meta_pages)
    if marker == HAS_PAGE_COUNT:
        needed = max(needed, pages)
    return DatabaseHeader(
        storage_version=version,
        database_uuid=str(uuid.UUID(bytes=identity)),
        pages_needed=needed,
        page_count=pages if marker == HAS_PAGE_COUNT else None,
        roots=() if catalog == NO_CATALOG else ((catalog, catalog_pages), (meta, meta_pages)),
    )
