"""Damage to a file, in place: a database or the image of a volume."""

from __future__ import annotations

import os
from pathlib import Path

PAGE_BYTES = 4096


def zeroed_pages(path: Path, first: int, count: int) -> Path:
    """Lose pages, as a disk does that forgot a write."""
    return overwritten(path, first * PAGE_BYTES, bytes(count * PAGE_BYTES))


def truncated(path: Path, lost_bytes: int) -> Path:
    """Lose the end."""
    os.truncate(path, path.stat().st_size - lost_bytes)
    return path


def flipped_bytes(path: Path, offset: int, count: int = 1) -> Path:
    """Turn every bit of some bytes around."""
    with path.open("rb") as file:
        file.seek(offset)
        found = file.read(count)
    return overwritten(path, offset, bytes(byte ^ 0xFF for byte in found))


def overwritten(path: Path, offset: int, content: bytes) -> Path:
    """Write into the middle of a file that is long enough for it."""
    assert offset + len(content) <= path.stat().st_size
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(content)
    return path
