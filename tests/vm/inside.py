"""What is true in the guest: the boot's record, the mount, the disks."""

from __future__ import annotations

import json
from typing import Any

from vm.instance import RECORD, Instance
from vm.surroundings import await_

MOUNT = "/mnt/ladybug-data"
STEP_S = 600.0


def step(instance: Instance, name: str) -> dict[str, Any]:
    """Return a step of the boot as its record has it; empty if it has not begun."""
    text = instance.on.guest.read(RECORD)
    steps: list[dict[str, Any]] = json.loads(text)["steps"] if text else []
    return next((one for one in steps if one["name"] == name), {})


def await_step(instance: Instance, name: str) -> None:
    """Wait until the boot has begun a step."""
    await_(f"the step {name}", lambda: step(instance, name), within_s=STEP_S)


def mounted_from(instance: Instance) -> str:
    """Return the device that the data are read from; it is read-only, and sealed."""
    guest = instance.on.guest
    source, options = guest.shell(f"findmnt --noheadings --output SOURCE,OPTIONS {MOUNT}").split()
    assert "ro" in options.split(",")
    assert guest.shell(f"blockdev --getro {source}").strip() == "1"
    return source


def serial_of(instance: Instance, node: str) -> str:
    return instance.on.guest.shell(f"lsblk --nodeps --noheadings --output SERIAL {node}").strip()
