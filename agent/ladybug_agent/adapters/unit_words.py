"""What `systemctl show` prints, read: `Name=value` lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from ladybug_agent.model.units import ManagerFacts, Moment, UnitFacts

MOST_S = 1e9
MOMENTS = (
    "InactiveExitTimestamp",
    "ActiveEnterTimestamp",
    "InactiveEnterTimestamp",
    "ExecMainStartTimestamp",
)
MANAGER_MOMENTS = ("InitRDTimestamp", "UserspaceTimestamp", "FinishTimestamp")
MANAGER_PROPERTIES = (
    "Version",
    "SystemState",
    "Virtualization",
    *MANAGER_MOMENTS,
    *(f"{name}Monotonic" for name in MANAGER_MOMENTS),
)
UNIT_PROPERTIES = (
    "Id",
    "LoadState",
    "ActiveState",
    "SubState",
    "Result",
    "UnitFileState",
    "ExecMainStatus",
    "NRestarts",
    "LastTriggerUSec",
    "NextElapseUSecRealtime",
    *MOMENTS,
    *(f"{name}Monotonic" for name in MOMENTS),
)
# Such as `Fri 2026-02-06 12:00:05.123456 UTC`; older ones leave out the fraction.
WALL = re.compile(r"(?:\w{3} )?(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d{1,6})? UTC", re.ASCII)


def properties(text: str) -> Mapping[str, str]:
    """Return the properties of one block.

    >>> dict(properties("Id=docker.service\\nResult=success\\nno property"))
    {'Id': 'docker.service', 'Result': 'success'}
    """
    pairs = (line.partition("=") for line in text.splitlines())
    return {name: value for name, equals, value in pairs if equals}


def manager_facts(told: Mapping[str, str]) -> ManagerFacts:
    return ManagerFacts(
        version=told.get("Version", ""),
        state=told.get("SystemState", ""),
        virtualization=told.get("Virtualization", ""),
        initrd=_moment(told, "InitRDTimestamp"),
        userspace=_moment(told, "UserspaceTimestamp"),
        finish=_moment(told, "FinishTimestamp"),
    )


def unit_facts(told: Mapping[str, str]) -> UnitFacts:
    return UnitFacts(
        name=told.get("Id", ""),
        load=told.get("LoadState", ""),
        active=told.get("ActiveState", ""),
        sub=told.get("SubState", ""),
        result=told.get("Result", ""),
        enabled=told.get("UnitFileState", ""),
        exit_status=_number(told.get("ExecMainStatus", "")),
        restarts=_number(told.get("NRestarts", "")),
        left_inactive=_moment(told, "InactiveExitTimestamp"),
        became_active=_moment(told, "ActiveEnterTimestamp"),
        became_inactive=_moment(told, "InactiveEnterTimestamp"),
        main_started=_moment(told, "ExecMainStartTimestamp"),
        last_trigger=wall_time(told.get("LastTriggerUSec", "")),
        next_elapse=wall_time(told.get("NextElapseUSecRealtime", "")),
    )


def wall_time(text: str) -> datetime | None:
    """Return a moment as `--timestamp=us+utc` prints it; None for `n/a` and what is none.

    >>> wall_time("Fri 2026-02-06 12:00:05.25 UTC").isoformat()
    '2026-02-06T12:00:05.250000+00:00'
    """
    found = WALL.fullmatch(text)
    if not found:
        return None
    day, time, fraction = found.groups()
    try:
        return datetime.fromisoformat(f"{day}T{time}{(fraction or '.0').ljust(7, '0')}").replace(
            tzinfo=UTC
        )
    except ValueError:
        return None


def _moment(told: Mapping[str, str], name: str) -> Moment | None:
    """Return when something happened; None if it has not, for which systemd says 0."""
    mono_s = _number(told.get(f"{name}Monotonic", "")) / 1e6
    if not 0 < mono_s < MOST_S:
        return None
    return Moment(mono_s, wall_time(told.get(name, "")))


def _number(text: str) -> int:
    """Return a number of at most 18 digits; 0 for anything else.

    >>> _number("42"), _number("[not set]")
    (42, 0)
    """
    return int(text) if re.fullmatch(r"\d{1,18}", text, re.ASCII) else 0
