"""Which map `hydrate show` is asked for: a file, a database of the volume, or a UUID."""

from __future__ import annotations

import uuid
from pathlib import Path

from ladybug_agent.config import Config
from ladybug_agent.errors import ConfigError, ExternalFailure
from ladybug_agent.hydrate.source import mounted_volume
from ladybug_agent.ports import World
from ladybug_agent.resources.hydration.files import opened_databases
from ladybug_agent.resources.hydration.hot_map import HotMap
from ladybug_agent.resources.hydration.map_codec import MapError, decode_map


def map_in_file(path: Path) -> HotMap:
    """Return the map in a file. Raises ExternalFailure if it is none."""
    try:
        return _decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise ExternalFailure(
            "hot_map_unreadable", f"cannot read {path}", hint="may you read it?"
        ) from error


def find_map(config: Config, world: World, name: str) -> HotMap:
    """Return the map of a database by its name, which must be mounted, or by its UUID."""
    if world.maps is None:
        raise ConfigError(
            "hot_map_nowhere",
            f"wanted the map of {name}, but `hydration.maps` names no place for maps",
            hint="set it, or give the path of a file",
        )
    identity = name if _is_uuid(name) else _uuid_of(config, world, name)
    stored = world.maps.load(identity)
    if stored is None:
        raise ExternalFailure(
            "hot_map_missing",
            f"wanted the map of {name} ({identity}) in {world.maps.where}, found none",
            hint="record one on a replica that serves: `ladybug-agent hydrate record`",
        )
    return _decoded(stored.data, f"{identity} in {world.maps.where}")


def _uuid_of(config: Config, world: World, name: str) -> str:
    with (
        mounted_volume(world, config) as mounted,
        opened_databases(
            mounted.source.root, mounted.source.databases_dir, [name], world.layout
        ) as found,
    ):
        if found:
            return found[0].header.database_uuid
    raise ConfigError(
        "hot_map_of_nothing",
        f"wanted the map {name}, found neither such a file nor such a database on the volume",
        hint=f"the databases are: {', '.join(config.data.databases) or 'none'}",
    )


def _is_uuid(name: str) -> bool:
    try:
        uuid.UUID(name)
    except ValueError:
        return False
    return True


def _decoded(data: bytes, where: str) -> HotMap:
    try:
        return decode_map(data)
    except MapError as error:
        raise ExternalFailure(
            "hot_map_unreadable",
            f"wanted a hot map, but {where} {error}",
            hint="delete it, and it is recorded anew",
        ) from error
