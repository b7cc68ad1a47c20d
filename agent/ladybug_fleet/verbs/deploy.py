"""`ladybug-fleet deploy`: create or update the stack, and say why if it rolls back."""

from __future__ import annotations

import argparse
import sys

from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.exit_status import ExitStatus
from ladybug_fleet.aws import client
from ladybug_fleet.leaving import left_alone
from ladybug_fleet.notices import warn
from ladybug_fleet.outputs import give_github, tell
from ladybug_fleet.stacks.cloudformation import CloudFormation
from ladybug_fleet.stacks.deployment import Audience
from ladybug_fleet.stacks.deployment import deploy as deploy_stack
from ladybug_fleet.stacks.model import Request
from ladybug_fleet.stacks.templates import parameters_from_file, template_at, template_from_file
from ladybug_fleet.stacks.text import (
    change_line,
    deployed_document,
    deployed_lines,
    deployed_outputs,
    event_line,
)


def deploy(arguments: argparse.Namespace) -> ExitStatus:
    request = _request(arguments)
    stacks = CloudFormation(client("cloudformation", arguments.region, arguments.profile))
    deadline = Deadline.after(arguments.timeout_s, SystemClock())
    with left_alone("Run the same command again to follow it."):
        deployed = deploy_stack(
            stacks, request, _audience(), dry_run=arguments.dry_run, deadline=deadline
        )
    for left in deployed.leftovers:
        warn(f"{left.physical_id} was replaced and could not be deleted: {left.reason}")
    give_github(deployed_outputs(deployed))
    document = {
        "schema": "ladybug.fleet-deploy/1",
        **deployed_document(arguments.stack, deployed),
    }
    tell(document, deployed_lines(arguments.stack, deployed), arguments.format)
    return ExitStatus.GOOD


def _request(arguments: argparse.Namespace) -> Request:
    url = arguments.template_url
    kept = parameters_from_file(arguments.parameters) if arguments.parameters else {}
    return Request(
        stack=arguments.stack,
        template=template_at(url) if url else template_from_file(arguments.template),
        parameters={**kept, **dict(arguments.parameter)},
        tags=dict(arguments.stack_tag),
        capabilities=tuple(arguments.capability),
        role_arn=arguments.role_arn,
    )


def _audience() -> Audience:
    """Progress goes to standard error, so that the result on standard output stands alone."""

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    return Audience(
        change=lambda change: say(change_line(change)),
        event=lambda event: say(event_line(event)),
        note=say,
    )
