"""What instance metadata announces: Auto Scaling's target state, spot, events, rebalance.

Sources: "Spot Instance interruption notices", "EC2 instance rebalance recommendations", "Scheduled
events for your instances" (Amazon EC2 User Guide), "Retrieve the target lifecycle state through
instance metadata" (Amazon EC2 Auto Scaling User Guide).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog

from ladybug_agent.adapters.imds import Imds
from ladybug_agent.model.lifecycle import Notices, ScheduledEvent, SpotNotice

T = TypeVar("T")
log = structlog.get_logger(__name__)

TARGET_STATE = "meta-data/autoscaling/target-lifecycle-state"
SPOT = "meta-data/spot/instance-action"
EVENTS = "meta-data/events/maintenance/scheduled"
REBALANCE = "meta-data/events/recommendations/rebalance"
EVENT_TIME = "%d %b %Y %H:%M:%S GMT"


class ImdsNotices:
    """Four requests to the metadata service for each look; see `Imds` for how long."""

    def __init__(self, imds: Imds) -> None:
        self._imds = imds

    def notices(self) -> Notices:
        """Return all of it. What is there and cannot be read is logged and left out."""
        return Notices(
            target_lifecycle_state=self._imds.get(TARGET_STATE),
            spot=self._read(SPOT, _spot),
            events=self._read(EVENTS, _events) or (),
            rebalance_at=self._read(REBALANCE, _rebalance),
        )

    def _read(self, path: str, parse: Callable[[Any], T]) -> T | None:
        text = self._imds.get(path)  # 404, and so None, is how metadata says "nothing"
        if text is None:
            return None
        try:
            return parse(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            log.warning("notice_garbled", path=path, error=str(error))
            return None


def _spot(document: Any) -> SpotNotice:
    return SpotNotice(action=str(document["action"]), at=_utc(document["time"]))


def _rebalance(document: Any) -> datetime:
    return _utc(document["noticeTime"])


def _events(document: Any) -> tuple[ScheduledEvent, ...]:
    return tuple(
        ScheduledEvent(
            event_id=str(event["EventId"]),
            code=str(event["Code"]),
            state=str(event["State"]),
            not_before=datetime.strptime(event["NotBefore"], EVENT_TIME).replace(tzinfo=UTC),
        )
        for event in document
    )


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
