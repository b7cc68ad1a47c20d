"""From what is wanted to a choice: what EC2 is asked, and in which order."""

from __future__ import annotations

from datetime import datetime

from ladybug_fleet.snapshots.choice import choose_snapshot, judge_absence, judge_requested
from ladybug_fleet.snapshots.model import Choice, Wanted
from ladybug_fleet.snapshots.port import Snapshots


def find_snapshot(
    snapshots: Snapshots, wanted: Wanted, snapshot_id: str | None, now: datetime
) -> Choice:
    """Return the choice, or what can be said for the one asked for by id. Raises Refused."""
    if snapshot_id:
        seen, account = snapshots.by_id(snapshot_id), snapshots.account()
        one = judge_requested(snapshot_id, seen, account, wanted)
        return choose_snapshot([one], wanted, now)
    found = snapshots.tagged(wanted.tags)
    if not found and not wanted.allow_empty:
        raise judge_absence(snapshots.shared(), snapshots.account(), wanted)
    return choose_snapshot(found, wanted, now)
