"""`ladybug-fleet status`: one look at the whole fleet. Exit status 1 if it is not good."""

from __future__ import annotations

import argparse
from pathlib import Path

from ladybug_agent.clock import SystemClock
from ladybug_agent.errors import ConfigError
from ladybug_agent.exit_status import ExitStatus
from ladybug_agent.files import write_atomically
from ladybug_fleet.fleet.looking import look_at
from ladybug_fleet.fleet.page import fleet_page
from ladybug_fleet.fleet.table import fleet_document, fleet_lines
from ladybug_fleet.fleet.view import FleetView, view_of
from ladybug_fleet.outputs import give_github, tell
from ladybug_fleet.verbs.fleets import open_fleet


def status(arguments: argparse.Namespace) -> ExitStatus:
    sight, location = open_fleet(arguments)
    fleet = look_at(sight, location.stack, SystemClock().utcnow())
    view = view_of(fleet, arguments.max_age_days)
    if arguments.html:
        _write(arguments.html, view)
    give_github(
        {
            "good": str(view.is_good).lower(),
            "ready": str(view.ready),
            "wanted": str(view.desired),
            "disagreements": str(view.disagreements),
        }
    )
    tell(fleet_document(view), fleet_lines(view), arguments.format)
    return ExitStatus.GOOD if view.is_good else ExitStatus.NOT_GOOD


def _write(path: Path, view: FleetView) -> None:
    try:
        write_atomically(path, fleet_page(view))
    except OSError as error:
        raise ConfigError(
            "fleet_page_unwritable",
            f"wanted to write {path}, found that it cannot be",
            hint="name a file in a directory that is there and can be written",
        ) from error
