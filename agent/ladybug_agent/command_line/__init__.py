"""The command line as argparse sees it. Imports nothing heavy: `--version` pays for it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module

from ladybug_agent import __version__
from ladybug_agent.command_line.options import Parser

MODULES = {
    "bootstrap": "boot",
    "status": "boot",
    "diagnose": "diagnose",
    "timeline": "timeline",
    "health-check": "health",
    "repair": "health",
    "verify": "verify",
    "hydrate": "hydrate",
    "refresh": "refresh",
    "drain": "drain",
    "watch": "watch",
    "alert": "watch",
    "register": "register",
    "config": "config",
    "rehearse": "boot",
}
"""In which module of this package a verb's options are, in the order of the help."""


def build_parser(argv: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return the parser of this command line: of its verb alone, if it begins with one.

    A run pays for the options of its own verb, and `--version` for none.
    """
    parser = Parser(
        prog="ladybug-agent",
        description="Boots this instance into a registered, read-only LadybugDB replica.",
    )
    parser.add_argument("--version", action="version", version=f"ladybug-agent {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb in _verbs_for(argv[0] if argv else ""):
        module = import_module(f"ladybug_agent.command_line.{MODULES[verb]}")
        getattr(module, f"add_{verb.replace('-', '_')}")(verbs)
    return parser


def _verbs_for(first: str) -> Sequence[str]:
    if first == "--version":
        return ()
    return (first,) if first in MODULES else tuple(MODULES)
