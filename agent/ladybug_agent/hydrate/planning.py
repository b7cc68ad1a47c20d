"""`hydrate plan`: what would be read, in which order, and how long that takes at which rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ladybug_agent.config import Config
from ladybug_agent.hydrate.source import mounted_volume
from ladybug_agent.model.hydration import BLOCK_BYTES
from ladybug_agent.ports import World
from ladybug_agent.resources.hydration.maps import FoundMap, find_maps
from ladybug_agent.resources.hydration.pieces import Piece
from ladybug_agent.resources.hydration.plan import HotPlan, RestPlan, hot_plan
from ladybug_agent.resources.hydration.source import OpenSource, opened_source
from ladybug_agent.resources.hydration.warming import with_whole_blocks

SCHEMA = "ladybug.hydrate-plan/1"
RATES_MB_S = (125, 250, 500, 1000)
MB = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One part of the plan; `blocks` are those that nobody before it has touched."""

    name: str
    what: str
    reads: int
    bytes: int
    blocks: int

    @property
    def fetched_bytes(self) -> int:
        """What the volume has to fetch for it."""
        return self.blocks * BLOCK_BYTES

    def seconds_at(self, rate_mb_s: int) -> float:
        """How long it takes where the rate is the limit: what is fetched, or what is read."""
        return max(self.fetched_bytes, self.bytes) / (rate_mb_s * MB)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    volume_id: str
    maps: tuple[FoundMap, ...]
    stages: tuple[Stage, ...]
    read_before: int
    """Blocks that the ledger has as read."""
    reads: tuple[dict[str, Any], ...]

    def document(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "volume_id": self.volume_id,
            "maps": [
                {
                    "database": found.database,
                    "state": found.state,
                    "detail": found.detail,
                    "recordings": found.hot.recordings if found.hot else 0,
                    "pages": found.hot.pages if found.hot else 0,
                }
                for found in self.maps
            ],
            "stages": [
                {
                    "name": stage.name,
                    "what": stage.what,
                    "reads": stage.reads,
                    "bytes": stage.bytes,
                    "blocks": stage.blocks,
                    "seconds": {str(r): round(stage.seconds_at(r), 3) for r in RATES_MB_S},
                }
                for stage in self.stages
            ],
            "read_before_blocks": self.read_before,
            **({"reads": list(self.reads)} if self.reads else {}),
        }


def plan_hydration(config: Config, world: World, *, with_reads: bool) -> Planned:
    """Plan, and read nothing but headers and the filesystem's own metadata.

    `with_reads` lists every read of the hot part, for other programs that shall make the same.
    """
    rules = config.hydration
    with (
        mounted_volume(world, config) as mounted,
        opened_source(mounted.source, world.layout, Path(rules.ledger_dir)) as opened,
    ):
        maps = find_maps(world.maps, opened.databases)
        plan = hot_plan(opened.databases, {f.hot.database_uuid: f.hot for f in maps if f.hot})
        if rules.hot_read == "blocks":
            plan = with_whole_blocks(plan, opened)
        rest = opened.rest(whole_device=rules.scope == "device")
        return Planned(
            volume_id=mounted.source.volume_id,
            maps=maps,
            stages=tuple(_stages(plan, rest)),
            read_before=opened.ledger.read(rest.blocks),
            reads=tuple(_reads(plan, opened)) if with_reads else (),
        )


def _stages(plan: HotPlan, rest: RestPlan) -> Iterator[Stage]:
    seen: set[int] = set()
    for name, what, pieces in (
        ("roots", "header, catalog and metadata of each database", plan.roots),
        ("logs", "write-ahead logs", plan.logs),
        ("touch", "one piece of each hot block, most wanted first", plan.touch),
        ("warm", "the other hot pages, into the page cache", plan.warm),
    ):
        yield _stage(name, what, pieces, seen)
    fresh = rest.count - sum(1 for block in seen if any(block in span for span in rest.blocks))
    yield Stage(
        name="rest",
        what="all blocks of the databases, around the page cache",
        reads=rest.count,
        bytes=rest.bytes,
        blocks=fresh,
    )


def _stage(name: str, what: str, pieces: Iterable[Piece], seen: set[int]) -> Stage:
    listed = list(pieces)
    fresh = {piece.block for piece in listed} - seen
    seen |= fresh
    return Stage(
        name=name,
        what=what,
        reads=len(listed),
        bytes=sum(piece.length for piece in listed),
        blocks=len(fresh),
    )


def _reads(plan: HotPlan, opened: OpenSource) -> Iterator[dict[str, Any]]:
    paths = {f.handle: str(f.path) for database in opened.databases for f in database.files}
    node = opened.source.pinned.disk.node
    for piece in plan.all:
        yield {
            "path": paths.get(piece.handle, node),
            "offset": piece.offset,
            "length": piece.length,
            "block": piece.block,
            "direct": piece.handle == opened.device,
        }
