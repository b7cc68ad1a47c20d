"""The libraries of a bundle: exactly the wheels of the lock, from a folder or from the index."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from ladybug_agent.errors import ExternalFailure, Refused
from ladybug_fleet.bundle.lock import Pin
from ladybug_fleet.bundle.wheel import Wheel, compiled_wheel, is_pure, read_wheel, wheel_name

Fetch = Callable[[Sequence[Pin], Path], None]
"""Brings the wheels of these pins into a folder. Raises ExternalFailure."""


def gather(pins: Sequence[Pin], folder: Path, fetch: Fetch | None) -> list[Wheel]:
    """Return the wheels, in the order of the pins.

    What `folder` lacks is fetched into it; without `fetch` it is an error. Raises Refused for a
    wheel that is not the one of the lock, or has something compiled in it.
    """
    missing = [pin for pin in pins if _find(pin, folder) is None]
    if missing and fetch:
        fetch(missing, folder)
    return [_wheel(pin, folder) for pin in pins]


def _wheel(pin: Pin, folder: Path) -> Wheel:
    path = _find(pin, folder)
    if path is None:
        raise ExternalFailure(
            "wheel_missing",
            f"wanted a wheel of {pin.name} {pin.version}, found none in {folder}",
            hint="build once with an index in reach, or put the wheel there",
        )
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != pin.sha256:
        raise Refused(
            "wheel_hash_mismatch",
            f"wanted {path.name} with SHA-256 {pin.sha256}, found {found}",
            hint=f"delete {path}; if it comes again, somebody changed it or the lock",
        )
    return read_wheel(path.name, data)


def _find(pin: Pin, folder: Path) -> Path | None:
    """Return the wheel of that name and version; the pure one, if there are more.

    Raises Refused if all there is of it is compiled.
    """
    found = sorted(
        path for path in folder.glob("*.whl") if wheel_name(path) == (pin.name, pin.version)
    )
    pure = [path for path in found if is_pure(path.name)]
    if found and not pure:
        raise compiled_wheel(found[0].name)
    return pure[0] if pure else None
