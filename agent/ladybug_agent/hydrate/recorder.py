"""Recordings on a serving replica: when they are due, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import structlog

from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError
from ladybug_agent.hydrate.openings import keep_opening, kept_opening
from ladybug_agent.hydrate.report import MapReport
from ladybug_agent.ports.hydration import MapStore, PageCache
from ladybug_agent.resources.hydration.files import OpenDatabase
from ladybug_agent.resources.hydration.hot_map import HotMap, Runs
from ladybug_agent.resources.hydration.maps import WORTHLESS, FoundMap, store_recording
from ladybug_agent.resources.hydration.recording import (
    hit_rate,
    record_opening,
    record_queries,
)

log = structlog.get_logger(__name__)

STORE_S = 30.0
Tier = Literal["opening", "queries"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRules:
    """How to record: what is held, where what is learnt goes."""

    cache: PageCache
    store: MapStore | None
    state_dir: Path
    snapshot_id: str
    tier: Tier = "queries"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What one database's recording has seen, and what its map is now."""

    database: str
    recorded: HotMap
    stored: HotMap | None
    """None where there is no place for maps."""
    hit_rate: float | None
    """How well the map that was there before had foretold it; None without one."""


def record(
    databases: Sequence[OpenDatabase],
    known: Mapping[str, HotMap],
    rules: RecordingRules,
    deadline: Deadline,
) -> tuple[Recording, ...]:
    """Record each database and merge that into its map; `known` by database UUID.

    Raises ExternalFailure if a map cannot be stored.
    """
    return tuple(_record(database, known, rules, deadline) for database in databases)


def _record(
    database: OpenDatabase,
    known: Mapping[str, HotMap],
    rules: RecordingRules,
    deadline: Deadline,
) -> Recording:
    before = known.get(database.header.database_uuid)
    hits = hit_rate(database, rules.cache, before) if before else None
    stored = None
    if rules.tier == "opening":
        recorded = record_opening(database, rules.cache, rules.snapshot_id)
        keep_opening(rules.state_dir, recorded)
    else:
        opening = _opening(database, before, rules)
        recorded = record_queries(database, rules.cache, rules.snapshot_id, opening)
        if rules.store:
            stored = store_recording(rules.store, recorded, deadline.capped(STORE_S))
    log.info(
        "hot_map_recorded",
        database=database.name,
        tier=rules.tier,
        pages=recorded.pages,
        recordings=stored.recordings if stored else 0,
        stored=rules.store.where if stored and rules.store else "until queries are recorded",
    )
    return Recording(
        database=database.name,
        recorded=recorded,
        stored=stored,
        hit_rate=hits.share if hits else None,
    )


def _opening(database: OpenDatabase, before: HotMap | None, rules: RecordingRules) -> Runs:
    """Return what an opening touches: as kept after the last one, or as earlier maps have it."""
    first = kept_opening(rules.state_dir, database.header.database_uuid) or before
    return tuple(run._replace(seen=1) for run in first.opening) if first else ()


class DueRecording:
    """What a background run does once, when the replica has served for a while.

    It records the databases that have no map, and says of the others how well theirs did. That a
    map cannot be recorded costs a later boot some seconds, so it ends nothing.
    """

    def __init__(
        self,
        databases: Sequence[OpenDatabase],
        maps: Sequence[FoundMap],
        rules: RecordingRules,
        due_at: float,
        deadline: Deadline,
    ) -> None:
        self._databases = databases
        self._maps = maps
        self._rules = rules
        self._deadline = deadline
        self.due_at = due_at
        self.is_done = False

    def look(self, tell: Callable[[tuple[MapReport, ...]], None]) -> None:
        """Do it if it is due and not done yet; `tell` gets the reports of the maps."""
        if self.is_done or self._deadline.clock.monotonic() < self.due_at:
            return
        self.is_done = True
        tell(tuple(self._report(found) for found in self._maps))

    def _report(self, found: FoundMap) -> MapReport:
        database = next((d for d in self._databases if d.name == found.database), None)
        told = MapReport.of(found)
        if database is None:
            return told
        try:
            if found.hot:
                share = hit_rate(database, self._rules.cache, found.hot).share
                return replace(told, hit_rate=None if share is None else round(share, 3))
            if found.state in WORTHLESS and self._rules.store:
                return self._recorded(database, told)
        except AgentError as error:
            log.warning("hot_map_not_recorded", database=database.name, error=str(error))
            return replace(told, detail=f"{error.code}: {error}")
        return told

    def _recorded(self, database: OpenDatabase, told: MapReport) -> MapReport:
        (made,) = record([database], {}, self._rules, self._deadline)
        stored = made.stored or made.recorded
        return replace(told, detail="recorded", recordings=stored.recordings, pages=stored.pages)
