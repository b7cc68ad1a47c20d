"""Who is examined, as far as it is known without asking anybody again."""

from __future__ import annotations

from collections.abc import Sequence

from ladybug_agent.diagnose import sights
from ladybug_agent.diagnose.check import Result
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.health.freshness import judge_freshness

HOUR_S, DAY_S = 3600, 24 * 3600
ROW_NAMES = ("instance_id", "availability_zone", "region", "instance_type", "snapshot_id")
"""Of the row as registered."""


def host_of(scene: Scene) -> dict[str, str]:
    """Return instance, volume and image: from what was registered, and from metadata."""
    known = sights.served(scene)
    facts = {"environment": scene.config.instance.environment}
    if seen := sights.identity_seen(scene):
        facts["instance_id"] = seen.instance_id
        facts["availability_zone"] = seen.availability_zone
        facts["region"] = seen.region
        facts["instance_type"] = seen.instance_type
    if known is not None:
        facts |= {name: str(known.row[name]) for name in ROW_NAMES if known.row.get(name)}
        facts["image"], facts["image_digest"] = known.image, known.image_digest
        facts["volume_id"] = known.volume.volume_id if known.volume else ""
    return {name: value for name, value in facts.items() if value}


def names_for_commands(scene: Scene) -> dict[str, str]:
    """Return what the commands of the remedies are filled with."""
    config, host = scene.config, host_of(scene)
    return {
        "config_file": scene.config_file,
        "container": sights.container_name(scene),
        "group": config.signals.auto_scaling_group,
        "health_url": sights.service_base(scene) + config.health.path,
        "instance_id": host.get("instance_id", ""),
        "mount_point": config.data.mount_point,
        "state_dir": config.instance.state_dir,
        "table": config.registry.table,
        "target_group": config.drain.target_group_arn,
        "volume_id": sights.volume_id(scene),
    }


def verdict_facts(scene: Scene, results: Sequence[Result]) -> dict[str, str]:
    """Return the short facts of the first line: age of the snapshot, status, lease."""
    facts = {}
    known = sights.served(scene)
    if known is not None:
        now = scene.clock.utcnow()
        fresh = judge_freshness(known, scene.config.data, sights.state_path(scene), now)
        if fresh.snapshot_age_s is not None:
            facts["age"] = in_short(fresh.snapshot_age_s)
        if state := sights.health_state(scene):
            facts["status"] = state.status
            facts["lease"] = f"{state.lease_expires_at - int(now.timestamp()):+d}s"
    return facts | _said_by_the_registry(results)


def _said_by_the_registry(results: Sequence[Result]) -> dict[str, str]:
    """Return what the row itself says: it counts more than what was last written."""
    seen = {one.id: one.evidence for one in results}
    row, lease = seen.get("registry.row", {}), seen.get("registry.lease", {})
    told = {"status": str(row.get("status") or "")}
    left_s = lease.get("left_s", row.get("lease_left_s"))
    if isinstance(left_s, int | float):
        told["lease"] = f"{left_s:+.0f}s"
    return {name: value for name, value in told.items() if value}


def in_short(seconds: float) -> str:
    """Return a time in one unit.

    >>> in_short(90), in_short(7 * 3600), in_short(9 * 24 * 3600)
    ('1m', '7h', '9d')
    """
    if seconds >= 2 * DAY_S:
        return f"{seconds / DAY_S:.0f}d"
    return f"{seconds / HOUR_S:.0f}h" if seconds >= HOUR_S else f"{seconds // 60:.0f}m"
