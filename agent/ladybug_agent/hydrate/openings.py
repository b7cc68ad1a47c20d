"""What openings have touched, kept from the boot until a recording is complete."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import structlog

from ladybug_agent.errors import AgentError, ExternalFailure
from ladybug_agent.files import write_bytes_atomically
from ladybug_agent.ports import World
from ladybug_agent.resources.hydration.files import opened_databases
from ladybug_agent.resources.hydration.hot_map import HotMap
from ladybug_agent.resources.hydration.map_codec import MapError, decode_map, encode_map
from ladybug_agent.resources.hydration.recording import record_opening
from ladybug_agent.resources.hydration.source import HydrationSource

log = structlog.get_logger(__name__)


def keep_opening(state_dir: Path, recorded: HotMap) -> None:
    """Keep the first tier of a database until its queries are recorded."""
    try:
        write_bytes_atomically(_path(state_dir, recorded.database_uuid), encode_map(recorded))
    except OSError as error:
        raise ExternalFailure(
            "state_directory_unusable",
            f"cannot keep what an opening touches in the state directory {state_dir}",
            hint="run as root; is /run mounted and not full? see `instance.state_dir`",
        ) from error


def keep_openings(
    world: World, source: HydrationSource, names: Collection[str], state_dir: Path
) -> None:
    """Keep the first tier of each of these databases. Never raises: it is for a later boot."""
    wanted = tuple(name for name in source.names if name in names)
    try:
        with opened_databases(source.root, source.databases_dir, wanted, world.layout) as found:
            for database in found:
                recorded = record_opening(database, world.page_cache, source.snapshot_id)
                keep_opening(state_dir, recorded)
    except (AgentError, OSError) as error:
        log.warning("opening_not_recorded", error=str(error))


def kept_opening(state_dir: Path, database_uuid: str) -> HotMap | None:
    """Return what was kept of a database, or None."""
    try:
        return decode_map(_path(state_dir, database_uuid).read_bytes())
    except (OSError, MapError):
        return None


def _path(state_dir: Path, database_uuid: str) -> Path:
    return state_dir / "openings" / f"{database_uuid}.hotmap"
