"""`ladybug-fleet roll`: replace all replicas, and stop when that does harm."""

from __future__ import annotations

import argparse

from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.exit_status import ExitStatus
from ladybug_fleet.aws import client
from ladybug_fleet.fleet.aws_sight import AwsSight
from ladybug_fleet.leaving import left_alone
from ladybug_fleet.notices import warn
from ladybug_fleet.outputs import give_github, tell
from ladybug_fleet.progress import Progress
from ladybug_fleet.rolling.autoscaling import InstanceRefreshes
from ladybug_fleet.rolling.goal import Goal, version_for
from ladybug_fleet.rolling.judging import judge_way_back
from ladybug_fleet.rolling.launch_templates import Ec2LaunchTemplates
from ladybug_fleet.rolling.model import Manner, Rolled
from ladybug_fleet.rolling.process import Roll
from ladybug_fleet.snapshots.ec2 import Ec2Snapshots
from ladybug_fleet.snapshots.model import Wanted
from ladybug_fleet.snapshots.process import find_snapshot
from ladybug_fleet.verbs.fleets import open_fleet


def roll(arguments: argparse.Namespace) -> ExitStatus:
    clock = SystemClock()
    sight, location = open_fleet(arguments)
    session = (arguments.region, arguments.profile)
    progress = Progress(clock)
    rolling = Roll(
        refreshes=InstanceRefreshes(client("autoscaling", *session), location.group),
        sight=sight,
        manner=_manner(arguments),
        show=progress.show,
        deadline=Deadline.after(arguments.timeout_s, clock),
    )
    try:
        with left_alone("`ladybug-fleet roll --follow` follows it."):
            rolled = _rolled(rolling, sight, arguments)
    finally:
        progress.close()
    if arguments.snapshot_id:
        warn(
            f"the stack does not know of {arguments.snapshot_id}: give it to the next"
            " ladybug-fleet deploy, or that goes back to the stack's own"
        )
    _tell(rolled, location.group, arguments.format)
    return ExitStatus.GOOD


def _rolled(rolling: Roll, sight: AwsSight, arguments: argparse.Namespace) -> Rolled:
    if arguments.follow:
        return rolling.resume()
    used = judge_way_back(sight.group().template, rolling.manner)
    goal = Goal(version=arguments.template_version, snapshot_id=arguments.snapshot_id)
    session = (arguments.region, arguments.profile)
    ec2 = client("ec2", *session)
    if goal.snapshot_id:
        # Another account's, an unfinished or an unencrypted one would fail every launch.
        any_age = Wanted(tags={}, max_age_days=float("inf"))
        snapshots = Ec2Snapshots(ec2, client("sts", *session))
        find_snapshot(snapshots, any_age, goal.snapshot_id, SystemClock().utcnow())
    newest = rolling.refreshes.newest()
    return rolling.run(version_for(goal, used, newest, Ec2LaunchTemplates(ec2)))


def _manner(arguments: argparse.Namespace) -> Manner:
    return Manner(
        checkpoints=arguments.checkpoints,
        checkpoint_delay_s=arguments.checkpoint_delay_s,
        min_healthy_percent=arguments.min_healthy_percent,
        max_healthy_percent=arguments.max_healthy_percent,
        bake_s=arguments.bake_s,
        alarms=tuple(arguments.alarm),
        rollback=arguments.rollback,
        unready_s=arguments.unready_s,
    )


def _tell(rolled: Rolled, group: str, style: str) -> None:
    refresh = rolled.refresh
    outputs = {
        "refresh_id": refresh.refresh_id,
        "status": refresh.status,
        "template_version": rolled.version,
    }
    give_github(outputs)
    document = {
        "schema": "ladybug.fleet-roll/1",
        "group": group,
        **outputs,
        "followed": rolled.followed,
    }
    went = "was replaced" if refresh.status == "Successful" else refresh.status
    tell(
        document,
        [f"{group} {went} by launch template version {rolled.version} ({refresh.refresh_id})"],
        style,
    )
