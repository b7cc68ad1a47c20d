"""The hot part, while the replica boots: what readiness may wait for.

Begins with the mount and goes on beside the verification, the engine's opening and the container's
start. The main thread only looks at it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from ladybug_agent.clock import Deadline
from ladybug_agent.config.hydration import HydrationConfig
from ladybug_agent.errors import Cancelled
from ladybug_agent.model.hydration import BLOCK_BYTES
from ladybug_agent.ports.hydration import MapStore
from ladybug_agent.resources.hydration.crew import Crew
from ladybug_agent.resources.hydration.files import OpenDatabase
from ladybug_agent.resources.hydration.maps import FoundMap, find_maps
from ladybug_agent.resources.hydration.pace import Depth
from ladybug_agent.resources.hydration.pieces import Piece
from ladybug_agent.resources.hydration.plan import HotPlan, hot_plan
from ladybug_agent.resources.hydration.reads import Tally
from ladybug_agent.resources.hydration.source import OpenSource

FIRST_DEPTH = 64
Noter = Callable[[Piece], None]


@dataclass(slots=True)
class Warming:
    """How far it is; written by its thread, read by others."""

    maps: tuple[FoundMap, ...] = ()
    hot_blocks: int = 0
    touched: threading.Event = field(default_factory=threading.Event)
    """One page of each hot block has been read: the volume has fetched it."""
    warmed: threading.Event = field(default_factory=threading.Event)
    """Every hot page is in the page cache, as far as there was room."""
    loaded: threading.Event = field(default_factory=threading.Event)
    """Every block of the databases has been read."""
    pct: float = 0.0
    """Of the databases' blocks, how many have been touched."""
    fetch_rate: float = 0.0
    """Bytes a second that the volume fetched at full depth; 0 where nobody has seen it."""
    tally: Tally = field(default_factory=Tally)
    stopping: threading.Event = field(default_factory=threading.Event)

    def check_stopping(self) -> None:
        if self.stopping.is_set():
            raise Cancelled("cancelled", "stopped reading the volume")


def warm(
    opened: OpenSource,
    maps: MapStore | None,
    room_bytes: int,
    rules: HydrationConfig,
    deadline: Deadline,
    warming: Warming,
) -> None:
    """Read roots, logs and hot pages, the latter as far as there is room in memory.

    Blocks until that is done. Raises ExternalFailure for a read that fails twice or hangs.
    """
    warming.maps = find_maps(maps, _until_stopped(opened.databases, warming))
    warming.check_stopping()
    plan = plan_reads(opened, warming.maps, rules)
    warming.hot_blocks = len(plan.blocks)
    pieces = (*plan.first, *plan.warm_within(room_bytes))

    def look(tally: Tally) -> None:
        warming.check_stopping()
        warming.tally = tally
        warming.pct = touched_pct(opened)

    crew = Crew(
        deadline=deadline,
        workers=min(rules.workers, len(pieces)),
        depth=Depth(FIRST_DEPTH, rules.workers),
        stall_s=rules.stall_timeout_s,
        explain=opened.explain,
        on_read=_noter(plan, opened, deadline, warming),
        on_tick=look,
    )
    if pieces:
        warming.tally = crew.read(pieces)
    warming.touched.set()
    warming.pct = touched_pct(opened)
    warming.warmed.set()


def _until_stopped(databases: Iterable[OpenDatabase], warming: Warming) -> Iterator[OpenDatabase]:
    for database in databases:
        warming.check_stopping()
        yield database


def touched_pct(opened: OpenSource) -> float:
    """Return of how many of the databases' blocks something has been read; in percent."""
    rest = opened.rest()
    return round(100 * opened.ledger.touched(rest.blocks) / max(1, rest.count), 1)


def plan_reads(opened: OpenSource, maps: Iterable[FoundMap], rules: HydrationConfig) -> HotPlan:
    """Return the plan of the hot part, as the configuration wants it read."""
    known = {found.hot.database_uuid: found.hot for found in maps if found.hot}
    plan = hot_plan(opened.databases, known)
    return _with_whole_blocks(plan, opened) if rules.hot_read == "blocks" else plan


def _with_whole_blocks(plan: HotPlan, opened: OpenSource) -> HotPlan:
    """Return the plan with all of each hot block read first, around the page cache.

    The pages that would have been read first are the first to be warmed then.
    """
    return replace(
        plan,
        touch=tuple(opened.pieces(piece.block for piece in plan.touch)),
        warm=(*plan.touch, *plan.warm),
    )


def _noter(plan: HotPlan, opened: OpenSource, deadline: Deadline, warming: Warming) -> Noter:
    """Return what notes each piece that was read, and when the last that is waited for was."""
    waited_for = {(piece.handle, piece.offset) for piece in plan.first}
    fetched_bytes = len(waited_for) * BLOCK_BYTES
    clock = deadline.clock
    began = clock.monotonic()

    def note(piece: Piece) -> None:
        if piece.handle == opened.device:
            opened.ledger.mark_read(piece.block)
        else:
            opened.ledger.mark_touched(piece.block)
        waited_for.discard((piece.handle, piece.offset))
        if not waited_for and not warming.touched.is_set():
            took_s = clock.monotonic() - began
            warming.fetch_rate = fetched_bytes / took_s if took_s > 0 else 0.0
            warming.pct = touched_pct(opened)
            warming.touched.set()

    return note
