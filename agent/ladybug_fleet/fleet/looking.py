"""One look at the whole fleet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ladybug_fleet.fleet.model import Fleet, Group, Row, Target
from ladybug_fleet.fleet.port import Sight

LEFT = frozenset({"terminated"})
"""What has said farewell in order is no replica any more; its row goes by its `ttl`."""


def look_at(sight: Sight, stack: str, now: datetime) -> Fleet:
    """Return what everybody says now. Some six calls to AWS.

    Rows are those of the group's instances, of its targets, and of those that name the `stack`.
    """
    group = sight.group()
    targets = [target for arn in group.target_groups for target in sight.targets(arn)]
    return Fleet(
        at=now,
        group=group,
        targets=_worst_of_each(targets),
        rows=_rows_of(sight.rows(), group, targets, stack),
        activities=sight.activities(),
        lost_snapshots=sight.lost_snapshots(group.template) if group.template else (),
    )


def _worst_of_each(targets: Sequence[Target]) -> tuple[Target, ...]:
    """An instance in several target groups is healthy when it is in all of them."""
    worst: dict[str, Target] = {}
    for target in targets:
        known = worst.get(target.instance_id)
        if known is None or known.state == "healthy":
            worst[target.instance_id] = target
    return tuple(worst.values())


def _rows_of(
    rows: Sequence[Row], group: Group, targets: Sequence[Target], stack: str
) -> tuple[Row, ...]:
    ids = {one.instance_id for one in group.members} | {one.instance_id for one in targets}
    return tuple(
        row
        for row in rows
        if row.instance_id in ids
        or (stack and row.text("stack_name") == stack and row.text("status") not in LEFT)
    )
