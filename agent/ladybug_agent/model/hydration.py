"""Plain facts of hydration: positions in files and on the volume. Offsets and lengths are bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

BLOCK_BYTES = 512 * 1024
"""What a volume fetches from its snapshot at a time, on a grid of its own (EBS direct APIs)."""
PAGE_BYTES = 4096


class Extent(NamedTuple):
    """A piece of a file that lies in one piece on the device (FIEMAP, in the kernel's filesystems
    documentation)."""

    logical: int
    physical: int
    length: int


class PageRun(NamedTuple):
    """Pages of a file, one after another; `seen` recordings had them."""

    start: int
    pages: int
    seen: int = 1

    @property
    def end(self) -> int:
        return self.start + self.pages


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMap:
    """A map as its store has it; `version` is for replacing this very one."""

    data: bytes
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Initialization:
    """How far EC2 is with loading a volume from its snapshot (DescribeVolumeStatus)."""

    completed: bool
    kind: str
    """`default`, `provisioned-rate` or `volume-copy`; empty where EC2 does not say."""
    progress_pct: int | None


class DiskReads(NamedTuple):
    """Reads of a whole disk, by everybody, since the machine booted."""

    completed: int
    request_bytes: int
    """Into how large requests the kernel cuts a read (`queue/max_sectors_kb`)."""
