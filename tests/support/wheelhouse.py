"""The true wheels of a bundle. `python -m support.wheelhouse` fetches them, which is set-up."""

from __future__ import annotations

import os
from pathlib import Path

from ladybug_fleet.bundle.index import fetch_pins
from ladybug_fleet.bundle.lock import read_lock
from ladybug_fleet.bundle.wheelhouse import gather
from ladybug_fleet.verbs.build import wheel_cache
from support.bundles import LOCK, ROOT


def wheelhouse() -> Path:
    """Return the folder that has the wheels, once they were fetched."""
    return wheel_cache(os.environ)


if __name__ == "__main__":
    gather(read_lock(ROOT / LOCK), wheelhouse(), fetch_pins)
