"""What instance metadata announces: Auto Scaling's target state, spot, events, rebalance.

Sources: "Spot Instance interruption notices", "EC2 instance rebalance recommendations", "Scheduled
events for your instances" (Amazon EC2 User Guide), "Retrieve the target lifecycle state through
instance metadata" (Amazon EC2 Auto Scaling User Guide).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from ladybug_agent.model.lifecycle import Notices, ScheduledEvent, SpotNotice

T = TypeVar("T")

TARGET_STATE = "meta-data/autoscaling/target-lifecycle-state"
SPOT = "meta-data/spot/instance-action"
EVENTS = "meta-data/events/maintenance/scheduled"
REBALANCE = "meta-data/events/recommendations/rebalance"
EVENT_TIME = "%d %b %Y %H:%M:%S GMT"


class Metadata(Protocol):
    def get(self, path: str) -> str | None:
        """Return the text at `latest/<path>`, or None where there is none (404)."""


class ImdsNotices:
    """Four requests to the metadata service for each look; see the client for how long."""

    def __init__(self, begin_session: Callable[[], Metadata]) -> None:
        self._begin_session = begin_session

    def notices(self) -> Notices:
        """Return all of it. What is there and cannot be read hides nothing else."""
        imds, garbled = self._begin_session(), list[str]()

        def read(path: str, parse: Callable[[Any], T]) -> T | None:
            text = imds.get(path)  # 404, and so None, is how metadata says "nothing"
            if text is None:
                return None
            try:
                return parse(json.loads(text))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                garbled.append(path)
                return None

        return Notices(
            target_lifecycle_state=imds.get(TARGET_STATE),
            spot=read(SPOT, _spot),
            events=read(EVENTS, _events) or (),
            rebalance_at=read(REBALANCE, _rebalance),
            garbled=tuple(garbled),
        )


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
