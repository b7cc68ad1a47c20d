"""`ladybug-fleet snapshot`: choose what a deployment restores its volumes from."""

from __future__ import annotations

import argparse

from ladybug_agent.clock import SystemClock, iso_utc
from ladybug_agent.errors import ConfigError
from ladybug_agent.exit_status import ExitStatus
from ladybug_fleet.aws import client
from ladybug_fleet.notices import warn
from ladybug_fleet.outputs import give_github, tell
from ladybug_fleet.snapshots.ec2 import Ec2Snapshots
from ladybug_fleet.snapshots.model import Wanted
from ladybug_fleet.snapshots.process import find_snapshot
from ladybug_fleet.snapshots.text import choice_document, choice_lines, choice_outputs, doubts


def snapshot(arguments: argparse.Namespace) -> ExitStatus:
    wanted = _wanted(arguments)
    session = (arguments.region, arguments.profile)
    snapshots = Ec2Snapshots(client("ec2", *session), client("sts", *session))
    now = SystemClock().utcnow()
    choice = find_snapshot(snapshots, wanted, arguments.id, now)
    for doubt in doubts(choice, wanted):
        warn(doubt)
    give_github(choice_outputs(choice))
    document = {"schema": "ladybug.fleet-snapshot/1", "at": iso_utc(now), **choice_document(choice)}
    tell(document, choice_lines(choice), arguments.format)
    return ExitStatus.GOOD


def _wanted(arguments: argparse.Namespace) -> Wanted:
    if not arguments.tag and not arguments.id:
        raise ConfigError(
            "fleet_usage",
            "wanted at least one --tag, or --id, found neither",
            hint="without a tag it might be any volume's snapshot: --tag Environment=prod",
        )
    return Wanted(
        tags=dict(arguments.tag),
        max_age_days=arguments.max_age_days,
        allow_unencrypted=arguments.allow_unencrypted,
        allow_empty=arguments.allow_empty,
        refuse_stale=arguments.refuse_stale,
    )
