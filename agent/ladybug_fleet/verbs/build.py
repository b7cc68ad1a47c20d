"""The verb `build`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

from ladybug_agent.exit_status import ExitStatus
from ladybug_fleet.bundle.checkout import own_checkout
from ladybug_fleet.bundle.tools import require_tools
from ladybug_fleet.outputs import give_github, tell


def build(arguments: argparse.Namespace) -> ExitStatus:
    checkout = own_checkout()
    require_tools(checkout)
    # Only now: these import the tools.
    from ladybug_fleet.bundle.build import build_bundle, write_bundle
    from ladybug_fleet.bundle.index import fetch_pins

    wheels = arguments.wheels or wheel_cache(os.environ)
    bundle = build_bundle(checkout, wheels, None if arguments.offline else fetch_pins)
    written = write_bundle(bundle, arguments.output)
    outputs = {
        "version": bundle.version,
        "sha256": bundle.sha256,
        "bundle": str(written.path),
    }
    size = len(bundle.data)
    tell(
        {"schema": "ladybug.fleet-build/1", **outputs, "size": size, "files": len(bundle.members)},
        [f"{written.path}  {size / 1e6:.1f} MB", f"sha256 {bundle.sha256}"],
        arguments.format,
    )
    give_github(outputs)
    return ExitStatus.GOOD


def wheel_cache(environment: Mapping[str, str]) -> Path:
    """Return where wheels are kept between builds (XDG Base Directory Specification)."""
    home = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "ladybug-fleet" / "wheels"
