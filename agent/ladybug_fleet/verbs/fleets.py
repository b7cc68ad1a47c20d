"""How the verbs find the fleet that the command line names."""

from __future__ import annotations

import argparse

from ladybug_fleet.aws import client
from ladybug_fleet.fleet.aws_sight import AwsSight
from ladybug_fleet.fleet.location import Location, locate
from ladybug_fleet.stacks.cloudformation import CloudFormation


def open_fleet(arguments: argparse.Namespace) -> tuple[AwsSight, Location]:
    """Return what looks at the fleet, and where it is. Raises ConfigError for one that is not."""
    session = (arguments.region, arguments.profile)
    stacks = CloudFormation(client("cloudformation", *session))
    location = locate(stacks, arguments.stack, arguments.group, arguments.table)
    return AwsSight(location.group, location.table, session), location
