"""Which version of the launch template a roll goes to."""

from __future__ import annotations

from dataclasses import dataclass

from ladybug_fleet.fleet.model import LaunchTemplate
from ladybug_fleet.rolling.judging import refresh_under_way
from ladybug_fleet.rolling.model import Refresh
from ladybug_fleet.rolling.port import LaunchTemplates


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What was asked for: a version, a snapshot, or neither, which is the newest version."""

    version: str = ""
    snapshot_id: str = ""


def version_for(
    goal: Goal, used: LaunchTemplate, newest: Refresh | None, templates: LaunchTemplates
) -> str:
    """Return the version; one for another snapshot is made from the group's own (`used`).

    Not while a refresh is under way: then it is that refresh's version, if it has the snapshot.
    Raises Busy if it has not.
    """
    if goal.version:
        return goal.version
    if not goal.snapshot_id:
        return templates.newest_version(used)
    if newest is None or not newest.is_active:
        return templates.with_snapshot(used, goal.snapshot_id)
    if newest.template and templates.has_snapshot(newest.template, goal.snapshot_id):
        return newest.template.version
    raise refresh_under_way(newest)
