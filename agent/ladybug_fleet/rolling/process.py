"""A roll, top to bottom: begin or find the refresh, follow it, stop it when it does harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure, NotYet, Refused
from ladybug_fleet.fleet.looking import look_at
from ladybug_fleet.fleet.model import Fleet
from ladybug_fleet.fleet.port import Sight
from ladybug_fleet.patience import look_until
from ladybug_fleet.rolling.judging import (
    judge_end,
    judge_start,
    reason_to_stop,
    unready_replicas,
)
from ladybug_fleet.rolling.model import ENDING, Manner, Refresh, Rolled
from ladybug_fleet.rolling.port import Refreshes


@dataclass(slots=True, kw_only=True)
class Roll:
    """One roll of one group. `show` is told how far it is."""

    refreshes: Refreshes
    sight: Sight
    manner: Manner
    show: Callable[[str], None]
    deadline: Deadline
    _unready_since: dict[str, float] = field(default_factory=dict)
    _stopped_for: str = ""

    def run(self, version: str) -> Rolled:
        """Roll to the version; a refresh that goes there already is followed.

        Blocks until it has ended. Raises Busy if another refresh is under way, ExternalFailure
        for one that failed or that was stopped here, DeadlineExceeded.
        """
        found = judge_start(self.refreshes.newest(), version)
        refresh_id = found.refresh_id if found else self.refreshes.start(version, self.manner)
        return self._follow(refresh_id, version, followed=found is not None)

    def resume(self) -> Rolled:
        """Follow the newest refresh, whoever began it, and tell how it ended."""
        newest = self.refreshes.newest()
        if newest is None:
            raise Refused(
                "refresh_none",
                "wanted an instance refresh to follow, found that the group never had one",
                hint="leave out --follow to begin one",
            )
        version = newest.template.version if newest.template else ""
        return self._follow(newest.refresh_id, version, followed=True)

    def _follow(self, refresh_id: str, version: str, *, followed: bool) -> Rolled:
        since = self.deadline.clock.utcnow()
        self._stopped_for = ""

        def look() -> Refresh:
            refresh = self.refreshes.refresh(refresh_id)
            if not refresh.is_active:
                return refresh
            if refresh.status not in ENDING and not self._stopped_for:
                self._watch(version, since)
            told = _told(refresh, self._stopped_for)
            self.show(told)
            raise NotYet(
                "refresh_not_ended",
                f"the instance refresh {refresh_id} has not ended: {told}",
                hint="it goes on: ladybug-fleet roll --follow",
            )

        ended = look_until(look, f"the instance refresh {refresh_id}", deadline=self.deadline)
        judge_end(ended, self._stopped_for)
        return Rolled(refresh=ended, version=version, followed=followed)

    def _watch(self, version: str, since: datetime) -> None:
        """Stop the refresh if it does harm."""
        now = self.deadline.clock
        fleet = look_at(self.sight, "", now.utcnow())
        unready_s = self._unready(fleet, version, now.monotonic())
        reason = reason_to_stop(fleet, since, unready_s, self.manner.unready_s)
        if reason:
            self.show(f"stopping: {reason}")
            self._stop()
            self._stopped_for = reason

    def _unready(self, fleet: Fleet, version: str, now_s: float) -> dict[str, float]:
        """Return what new replicas lack, and for how long they have been in service so."""
        lacking = {text.partition(":")[0]: text for text in unready_replicas(fleet, version)}
        self._unready_since = {
            instance_id: self._unready_since.get(instance_id, now_s) for instance_id in lacking
        }
        return {
            text: now_s - self._unready_since[instance_id] for instance_id, text in lacking.items()
        }

    def _stop(self) -> None:
        if self.manner.rollback:
            try:
                self.refreshes.roll_back()
            except ExternalFailure as error:
                self.show(f"cannot roll back ({error}); cancelling instead")
            else:
                return
        self.refreshes.cancel()


def _told(refresh: Refresh, stopped_for: str) -> str:
    reason = f"; {refresh.reason}" if refresh.reason else ""
    stopped = f"; stopped because {stopped_for}" if stopped_for else ""
    return f"{refresh.status} {refresh.percent} %, {refresh.left} to replace{reason}{stopped}"
