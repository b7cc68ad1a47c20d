"""Manual pages and shell completion, generated from the parsers themselves."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager

import shtab
from argparse_manpage.manpage import Manpage

from ladybug_agent.command_line import build_parser as build_agent_parser
from ladybug_fleet.command_line import build_parser as build_fleet_parser

PARSERS = {"ladybug-agent": build_agent_parser, "ladybug-fleet": build_fleet_parser}
WHAT = {
    "ladybug-agent": "boot an instance into a registered, read-only LadybugDB replica",
    "ladybug-fleet": "build, publish, deploy and watch a fleet of replicas",
}
LAYOUT = ".nh\n.ad l\n"
"""No hyphens and no stretched blanks: an option is to be found, and copied, as it is."""
FILES = """\
.TP
.I /etc/ladybug\\-agent/config.toml
the configuration
.TP
.I /run/ladybug\\-agent/bootstrap.json
how the last boot went, step by step
.TP
.I /run/ladybug\\-agent/health.json
what the health checks know of one another
"""


def man_page(program: str, version: str) -> str:
    """Return the page of section 1, in roff, undated: a date would be that of the build."""
    with _width():
        parser = PARSERS[program]()
        statuses = _take_statuses(parser)
        page = Manpage(parser)
        page.date = ""
        page.source = f"{program} {version}"
        page.manual = "LadybugDB replicas"
        page.description = WHAT[program]
        page.add_section("exit status", "=", statuses)
        if program == "ladybug-agent":
            page.add_section("files", "=", FILES)
        title, _, rest = str(page).partition("\n")
    return f"{title}\n{LAYOUT}{rest}"


def completion(program: str, shell: str) -> str:
    """Return what completes the program's command line in `bash` or `zsh`."""
    with _width():
        return str(shtab.complete(PARSERS[program](), shell=shell))


def _take_statuses(parser: ArgumentParser) -> str:
    """Return the end of the help in roff, which the page has in a section of its own."""
    lines = (parser.epilog or "").splitlines()[1:]
    parser.epilog = None
    return "\n".join([".nf", *(line.strip().replace("-", "\\-") for line in lines), ".fi"])


@contextmanager
def _width() -> Iterator[None]:
    """Have argparse break no lines, however wide the terminal: whoever shows the page does."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "10000"
    try:
        yield
    finally:
        del os.environ["COLUMNS"]
        if before is not None:
            os.environ["COLUMNS"] = before
