"""Whether a roll may begin, must be stopped, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ladybug_agent.errors import Busy, ConfigError, ExternalFailure, Refused
from ladybug_fleet.fleet.judging import judge_replica
from ladybug_fleet.fleet.model import Fleet, LaunchTemplate
from ladybug_fleet.fleet.readiness import judge_launches
from ladybug_fleet.rolling.model import Manner, Refresh


def judge_start(newest: Refresh | None, version: str) -> Refresh | None:
    """Return the refresh to follow, if one to the same version is under way already.

    Raises Busy if one to another version is.
    """
    if newest is None or not newest.is_active:
        return None
    if newest.status == "InProgress" and newest.template and newest.template.version == version:
        return newest
    raise refresh_under_way(newest)


def refresh_under_way(refresh: Refresh) -> Busy:
    where = f" to version {refresh.template.version}" if refresh.template else ""
    return Busy(
        "refresh_under_way",
        f"wanted to begin an instance refresh, found {refresh.refresh_id}{where} in"
        f" {refresh.status}, at {refresh.percent} %",
        hint="ladybug-fleet roll --follow watches it; aws autoscaling cancel-instance-refresh"
        " stops it",
    )


def judge_way_back(template: LaunchTemplate | None, manner: Manner) -> LaunchTemplate:
    """Return the group's launch template. Raises ConfigError where the roll could not go back."""
    if template is None:
        raise ConfigError(
            "fleet_template_missing",
            "wanted a group with a launch template, found none",
            hint="launch configurations cannot be rolled; deploy the stack of this project",
        )
    if manner.rollback and template.version.startswith("$"):
        raise ConfigError(
            "fleet_template_not_pinned",
            f"wanted a group pinned to a version of its launch template, found {template.version}:"
            " there would be nothing to roll back to",
            hint="set a number in the stack (!GetAtt Template.LatestVersionNumber), or leave out"
            " --rollback",
        )
    return template


def unready_replicas(fleet: Fleet, version: str) -> tuple[str, ...]:
    """Return the new replicas that are in service and not ready, each with what it lacks."""
    return tuple(
        str(verdict)
        for replica in fleet.replicas()
        if replica.member is not None
        and replica.member.template_version == version
        and replica.member.lifecycle == "InService"
        and not (verdict := judge_replica(replica, fleet.at)).is_ready
    )


def reason_to_stop(
    fleet: Fleet, since: datetime, unready_s: Mapping[str, float], limit_s: float
) -> str:
    """Return why the roll must not go on; empty if it may.

    `unready_s` says of each new replica that is not ready for how long it has been so.
    """
    try:
        judge_launches(fleet, since)
    except Refused as hopeless:
        return str(hopeless)
    late = [name for name, passed_s in unready_s.items() if passed_s >= limit_s]
    return f"new replicas do not get ready: {'; '.join(late)}" if late else ""


def judge_end(refresh: Refresh, stopped_for: str) -> None:
    """Raise ExternalFailure for a refresh that did not end well.

    `stopped_for` is why we stopped it; empty if we did not.
    """
    if refresh.status == "Successful" and not stopped_for:
        return
    ended = f"{refresh.refresh_id} ended as {refresh.status} at {refresh.percent} %"
    if stopped_for:
        raise ExternalFailure(
            "roll_stopped",
            f"stopped the roll because {stopped_for}; {ended}",
            hint="mend the cause, then roll again; ladybug-fleet status shows who runs what",
        )
    raise _error(refresh, f"{ended}: {refresh.reason or 'no reason given'}")


def _error(refresh: Refresh, found: str) -> ExternalFailure:
    wanted = "wanted the instance refresh to succeed, found that"
    match refresh.status:
        case "Cancelled":
            return ExternalFailure(
                "refresh_cancelled",
                f"{wanted} {found}",
                hint="somebody cancelled it, and the fleet is mixed now: roll again, or back",
            )
        case "RollbackSuccessful":
            return ExternalFailure(
                "refresh_rolled_back",
                f"{wanted} {found}",
                hint="the fleet is as it was; mend the cause, then roll again",
            )
        case "RollbackFailed":
            return ExternalFailure(
                "refresh_rollback_failed",
                f"{wanted} {found}",
                hint="the fleet is mixed: ladybug-fleet status shows who runs what",
            )
        case _:
            return ExternalFailure(
                "refresh_failed",
                f"{wanted} {found}",
                hint="the fleet is mixed now: mend the cause and roll again, or back",
            )
