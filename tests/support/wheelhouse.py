"""The true bundle and its wheels. `python -m support.wheelhouse` fetches these, which is set-up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ladybug_agent.errors import AgentError
from ladybug_fleet.bundle.build import build_bundle
from ladybug_fleet.bundle.check import CheckedBundle
from ladybug_fleet.bundle.checkout import own_checkout
from ladybug_fleet.bundle.index import fetch_pins
from ladybug_fleet.bundle.lock import read_lock
from ladybug_fleet.bundle.wheelhouse import gather
from ladybug_fleet.verbs.build import wheel_cache
from support.bundles import LOCK, ROOT


def wheelhouse() -> Path:
    """Return the folder that has the wheels, once they were fetched."""
    return wheel_cache(os.environ)


def true_bundle() -> CheckedBundle:
    """Build the bundle of this clone, some seconds; skip the test where there are no wheels."""
    try:
        return build_bundle(own_checkout(), wheelhouse(), None)
    except AgentError as error:
        if error.code != "wheel_missing":
            raise
        pytest.skip(f"missing: {error}; ./dev setup")


if __name__ == "__main__":
    gather(read_lock(ROOT / LOCK), wheelhouse(), fetch_pins)
