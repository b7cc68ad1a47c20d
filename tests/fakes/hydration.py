"""What loading a volume touches: files that lie on the device as they are, a cache, maps."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from ladybug_agent.errors import AgentError
from ladybug_agent.model.hydration import Extent, PageRun, StoredMap


@dataclass(slots=True)
class FakeLayout:
    """Files that lie one after another on the device, each in one piece, for as long as it is."""

    next_physical: int = 0
    _placed: dict[tuple[int, int], Extent] = field(default_factory=dict)

    def extents(self, handle: int) -> tuple[Extent, ...]:
        status = os.fstat(handle)
        length = -(-status.st_size // 4096) * 4096
        if not length:
            return ()
        known = self._placed.get((status.st_ino, length))
        if known is None:
            known = self._placed[status.st_ino, length] = Extent(0, self.next_physical, length)
            self.next_physical += length
        return (known,)


@dataclass(slots=True)
class FakePageCache:
    """Pages that are in memory, the same of every file; `evicted` counts what was let go."""

    pages: tuple[PageRun, ...] = ()
    evicted: int = 0

    def resident(self, handle: int, size_bytes: int) -> tuple[PageRun, ...]:
        del handle
        end = -(-size_bytes // 4096)
        return tuple(
            r._replace(pages=min(r.pages, end - r.start)) for r in self.pages if r.start < end
        )

    def evict(self, handle: int) -> None:
        del handle
        self.pages = ()
        self.evicted += 1


@dataclass(slots=True)
class FakeMapStore:
    """Maps in memory. The first `conflicts` replacements find that somebody was quicker."""

    maps: dict[str, bytes] = field(default_factory=dict)
    raises: AgentError | None = None
    conflicts: int = 0
    where: str = "memory"

    def load(self, database_uuid: str) -> StoredMap | None:
        if self.raises:
            raise self.raises
        data = self.maps.get(database_uuid)
        return None if data is None else StoredMap(data=data, version=str(hash(data)))

    def replace(self, database_uuid: str, data: bytes, *, version: str | None) -> bool:
        if self.raises:
            raise self.raises
        held = self.load(database_uuid)
        if self.conflicts or (held.version if held else None) != version:
            self.conflicts = max(0, self.conflicts - 1)
            return False
        self.maps[database_uuid] = data
        return True
