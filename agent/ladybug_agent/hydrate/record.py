"""`hydrate record`: learn a hot map on a replica that serves, when an operator or a timer asks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ladybug_agent.clock import Deadline
from ladybug_agent.config import Config
from ladybug_agent.errors import ConfigError
from ladybug_agent.hydrate.recorder import Recording, RecordingRules, Tier, record
from ladybug_agent.hydrate.source import mounted_volume
from ladybug_agent.ports import World
from ladybug_agent.resources.hydration.maps import find_maps
from ladybug_agent.resources.hydration.recording import forget_cached
from ladybug_agent.resources.hydration.source import opened_source

FRESH_AFTER_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOrder:
    tier: Tier = "queries"
    fresh: bool = False
    """Empty the page cache of the databases first."""
    after_s: float | None = None
    """How long to wait before looking; None is not at all, or with `fresh` a minute."""

    @property
    def wait_s(self) -> float:
        return (FRESH_AFTER_S if self.fresh else 0.0) if self.after_s is None else self.after_s


def record_now(
    config: Config, world: World, order: RecordOrder, deadline: Deadline
) -> tuple[Recording, ...]:
    """Record every database of the volume; blocks for as long as the order waits.

    A `fresh` recording makes queries slower for a while: what they need is read again. Raises
    ConfigError without a place for maps, ExternalFailure if a map cannot be stored, Cancelled.
    """
    if world.maps is None:
        raise ConfigError(
            "hot_map_nowhere",
            "wanted to record, but `hydration.maps` names no place for maps",
            hint='set it: `maps = "s3://bucket/prefix"` in the section `[hydration]`',
        )
    with (
        mounted_volume(world, config) as mounted,
        opened_source(mounted.source, world.layout, Path(config.hydration.ledger_dir)) as opened,
    ):
        if order.fresh:
            forget_cached(opened.databases, world.page_cache)
        limit = deadline.capped(order.wait_s)
        limit.pause(order.wait_s)
        if deadline.is_over:
            deadline.check("queries to be recorded")
        found = find_maps(world.maps, opened.databases)
        known = {one.hot.database_uuid: one.hot for one in found if one.hot}
        rules = RecordingRules(
            cache=world.page_cache,
            store=world.maps,
            state_dir=Path(config.instance.state_dir),
            snapshot_id=mounted.source.snapshot_id,
            tier=order.tier,
        )
        return record(opened.databases, known, rules, deadline)
