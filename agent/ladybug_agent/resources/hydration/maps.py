"""Finding the hot maps of the databases on a volume, and giving back what was learnt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import structlog

from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, ExternalFailure
from ladybug_agent.ports.hydration import MapStore
from ladybug_agent.resources.hydration.files import OpenDatabase
from ladybug_agent.resources.hydration.hot_map import HotMap, merge
from ladybug_agent.resources.hydration.map_codec import MapError, decode_map, encode_map

log = structlog.get_logger(__name__)

CLOCK_SKEW_S = 86400.0
MapState = Literal["found", "missing", "unreadable", "foreign", "unavailable", "off"]


WORTHLESS: frozenset[MapState] = frozenset({"missing", "unreadable", "foreign"})
"""A recording is to take the place of such a map."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMap:
    """What is known of one database: its map, or why there is none to go by."""

    database: str
    state: MapState
    hot: HotMap | None = None
    detail: str = ""


def find_maps(store: MapStore | None, databases: Iterable[OpenDatabase]) -> tuple[FoundMap, ...]:
    """Look for the map of each database. Never raises: without a map a boot is slower, not wrong.

    Blocks for one call to the store for each database.
    """
    found = tuple(_find_map(store, database) for database in databases)
    for one in found:
        if one.state not in {"found", "off"}:
            log.info("hot_map_not_used", database=one.database, why=one.state, detail=one.detail)
    return found


def _find_map(store: MapStore | None, database: OpenDatabase) -> FoundMap:
    name = database.name
    if store is None:
        return FoundMap(database=name, state="off", detail="`hydration.maps` is empty")
    try:
        stored = store.load(database.header.database_uuid)
        if stored is None:
            return FoundMap(database=name, state="missing", detail=f"none in {store.where}")
        hot = decode_map(stored.data)
    except AgentError as error:
        return FoundMap(database=name, state="unavailable", detail=f"{error.code}: {error}")
    except MapError as error:
        return FoundMap(database=name, state="unreadable", detail=f"it {error}")
    if hot.database_uuid != database.header.database_uuid:
        return FoundMap(
            database=name, state="foreign", detail=f"it is of database {hot.database_uuid}"
        )
    return FoundMap(database=name, state="found", hot=hot.clipped(database.file.pages))


def store_recording(store: MapStore, recording: HotMap, deadline: Deadline) -> HotMap:
    """Merge a recording into the map of its database; return what is stored now.

    Several replicas may do so at once: who finds the map changed merges once more. A stored map
    that cannot be read is replaced. Raises ExternalFailure `hot_map_not_stored` at the deadline.
    """
    while True:
        stored = store.load(recording.database_uuid)
        known = _readable(stored.data, recording, deadline) if stored else None
        merged = merge(known, recording)
        version = stored.version if stored else None
        if store.replace(recording.database_uuid, encode_map(merged), version=version):
            return merged
        if deadline.is_over:
            raise ExternalFailure(
                "hot_map_not_stored",
                f"the map of {recording.database_uuid} in {store.where} changed each time before"
                " it could be replaced",
                hint="many replicas record at once: nothing is lost but this recording",
            )
        deadline.pause(0.2)


def _readable(data: bytes, recording: HotMap, deadline: Deadline) -> HotMap | None:
    """Return the stored map, or None if it is to be replaced."""
    try:
        known = decode_map(data)
    except MapError as error:
        log.warning("hot_map_replaced", database_uuid=recording.database_uuid, why=str(error))
        return None
    latest = max(deadline.clock.utcnow().timestamp(), recording.generation.written_at)
    if known.generation.written_at > latest + CLOCK_SKEW_S:
        # Nothing that is recorded now would ever count against it.
        log.warning("hot_map_replaced", database_uuid=recording.database_uuid, why="of the future")
        return None
    return known if known.database_uuid == recording.database_uuid else None
