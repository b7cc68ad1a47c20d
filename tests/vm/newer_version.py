"""The next version of the agent: this clone under another number."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from ladybug_agent import __version__
from ladybug_fleet.bundle.build import build_bundle
from ladybug_fleet.bundle.check import CheckedBundle
from ladybug_fleet.verbs.build import wheel_cache
from support.bundles import copy_clone


def newer_bundle(directory: Path, version: str) -> CheckedBundle:
    """Build a bundle that differs from this clone's by its version alone; some seconds."""
    checkout = copy_clone(directory / "clone")
    source = checkout.root / "agent/ladybug_agent/__init__.py"
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace(f'"{__version__}"', f'"{version}"'), encoding="utf-8")
    return build_bundle(replace(checkout, version=version), wheel_cache(os.environ), None)
