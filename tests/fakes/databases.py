"""Small files that begin as LadybugDB databases do."""

from __future__ import annotations

import uuid

from ladybug_agent.resources.contents.database_file import (
    HAS_PAGE_COUNT,
    HEADER,
    MAGIC,
    NO_CATALOG,
    PAGE_BYTES,
)

DATABASE_UUID = uuid.UUID("0db0db0d-0000-4000-8000-00000000000a")


def header_bytes(
    *,
    magic: bytes = MAGIC,
    storage_version: int = 41,
    catalog: tuple[int, int] = (1, 1),
    metadata: tuple[int, int] = (2, 1),
    page_count: int | None = None,
) -> bytes:
    """Return a header; `catalog` and `metadata` are start page and number of pages."""
    marker = 0 if page_count is None else HAS_PAGE_COUNT
    return HEADER.pack(
        magic,
        storage_version,
        *catalog,
        *metadata,
        DATABASE_UUID.bytes,
        marker,
        page_count or 0,
    )


def never_checkpointed_bytes() -> bytes:
    """Return the header of a database whose data is all in its write-ahead log."""
    return header_bytes(catalog=(NO_CATALOG, 0), metadata=(NO_CATALOG, 0))


def database_bytes(*, pages: int = 3, storage_version: int = 41) -> bytes:
    """Return a database of so many pages, which is as many as its header needs.

    No page is all zeros: the engine leaves none so where its catalog and metadata are.
    """
    head = header_bytes(storage_version=storage_version, page_count=pages)
    rest = (number.to_bytes(4, "little") for number in range(1, pages))
    return b"".join(page.ljust(PAGE_BYTES, b"\0") for page in (head, *rest))
