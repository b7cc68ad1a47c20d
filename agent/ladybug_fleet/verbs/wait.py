"""`ladybug-fleet wait`: block until the fleet is ready, or can no longer become so."""

from __future__ import annotations

import argparse

from ladybug_agent.clock import Deadline, SystemClock, iso_utc
from ladybug_agent.exit_status import ExitStatus
from ladybug_fleet.fleet.judging import WantedReplica
from ladybug_fleet.fleet.model import Fleet
from ladybug_fleet.fleet.readiness import Readiness, WantedFleet
from ladybug_fleet.fleet.waiting import await_fleet, wait_limit_s
from ladybug_fleet.leaving import left_alone
from ladybug_fleet.outputs import give_github, tell
from ladybug_fleet.progress import Progress
from ladybug_fleet.verbs.fleets import open_fleet


def wait(arguments: argparse.Namespace) -> ExitStatus:
    clock = SystemClock()
    began = clock.utcnow()
    sight, location = open_fleet(arguments)
    wanted = WantedFleet(
        since=began,
        replicas=arguments.replicas,
        each=WantedReplica(
            snapshot_id=arguments.snapshot_id, agent_version=arguments.agent_version
        ),
    )
    limit_s = wait_limit_s(arguments.timeout_s, sight.group().grace_s)
    progress = Progress(clock)
    try:
        with left_alone("The same command waits again; `ladybug-fleet status` looks once."):
            fleet, readiness = await_fleet(
                sight, location.stack, wanted, progress.show, Deadline.after(limit_s, clock)
            )
    finally:
        progress.close()
    waited_s = (clock.utcnow() - began).total_seconds()
    _tell(fleet, readiness, waited_s, arguments.format)
    return ExitStatus.GOOD


def _tell(fleet: Fleet, readiness: Readiness, waited_s: float, style: str) -> None:
    give_github({"ready": str(readiness.ready), "wanted": str(readiness.wanted)})
    document = {
        "schema": "ladybug.fleet-wait/1",
        "at": iso_utc(fleet.at),
        "group": fleet.group.name,
        "wanted": readiness.wanted,
        "ready": readiness.ready,
        "waited_s": round(waited_s, 1),
        "replicas": [
            {"instance_id": one.instance_id, "ready": one.is_ready, "missing": list(one.missing)}
            for one in readiness.verdicts
        ],
    }
    told = f"{fleet.group.name}: {readiness.ready} of {readiness.wanted} ready, {waited_s:.0f} s"
    tell(document, [told, *(f"  {one}" for one in readiness.verdicts)], style)
