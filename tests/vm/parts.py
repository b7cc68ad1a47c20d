"""What all cases share: the machine's image, the bundle, the container image, the master's volume.

`python -m vm.parts` makes those that need a network, or the host's own Docker engine.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ladybug_fleet.bundle.build import build_bundle
from ladybug_fleet.bundle.check import CheckedBundle
from ladybug_fleet.bundle.checkout import own_checkout
from ladybug_fleet.bundle.index import fetch_pins
from ladybug_fleet.bundle.lock import read_lock
from ladybug_fleet.bundle.wheelhouse import gather
from ladybug_fleet.verbs.build import wheel_cache
from ladybug_lab.depot import Depot, cache_directory, open_depot
from support.volumes import make_volume
from vm import lan
from vm.image.build import MachineImage, ensure_machine_image

DEPOT = "registry-vm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    image: MachineImage
    bundle: CheckedBundle
    depot: Depot
    master: Path
    """The data volume as its snapshot has it: raw, clean, 1 GiB."""


@contextmanager
def parts(directory: Path) -> Iterator[Parts]:
    """Make the parts of which all that is slow was made before."""
    bundle = build_bundle(own_checkout(), wheel_cache(os.environ), None)
    with open_depot(
        cache_directory(), name=DEPOT, port=lan.REGISTRY_PORT, say=lambda _: None
    ) as depot:
        content = directory / "content"
        content.mkdir()
        (content / "databases").symlink_to(depot.databases.resolve())
        master = make_volume(directory / "master.img", content=content)
        yield Parts(image=ensure_machine_image(), bundle=bundle, depot=depot, master=master)


def prepare() -> None:
    """Fill the cache."""
    gather(read_lock(own_checkout().lock), wheel_cache(os.environ), fetch_pins)
    ensure_machine_image()
    with open_depot(cache_directory(), name=DEPOT):
        pass


if __name__ == "__main__":
    prepare()
