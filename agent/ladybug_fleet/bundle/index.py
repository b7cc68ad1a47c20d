"""The package index, by pip: the home of pip in the operator tools."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ladybug_agent.adapters.commands import run_command
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.errors import ExternalFailure
from ladybug_fleet.bundle.disk import writing_to
from ladybug_fleet.bundle.lock import Pin, requirements_text
from ladybug_fleet.bundle.wheel import is_pure

FETCH_S = 600.0
PURE = (
    "--only-binary=:all:",
    "--platform=any",
    "--implementation=py",
    "--abi=none",
)
"""Makes pip take pure wheels alone: some libraries also have compiled ones, which it prefers."""


def fetch_pins(pins: Sequence[Pin], folder: Path) -> None:
    """Bring exactly these wheels into the folder; blocks for at most `FETCH_S`.

    A wheel appears there whole, or not at all. Raises ExternalFailure.
    """
    with writing_to(folder), _work_in(folder) as name:
        work = Path(name)
        wanted = work / "requirements.txt"
        wanted.write_text(requirements_text(pins), encoding="utf-8")
        _download(work, "--no-deps", "--require-hashes", "--requirement", str(wanted))
        for wheel in work.glob("*.whl"):
            wheel.replace(folder / wheel.name)


def resolve(requirements: Sequence[str], python: str, folder: Path) -> list[Path]:
    """Fetch what the requirements need, and what that needs, newest first; return the wheels.

    `python` is the oldest that is to run them, as in `3.11`.
    """
    _download(folder, f"--python-version={python}", *requirements)
    return sorted(path for path in folder.glob("*.whl") if is_pure(path.name))


def _work_in(folder: Path) -> tempfile.TemporaryDirectory[str]:
    folder.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=folder, prefix=".fetching-")


def _download(folder: Path, *arguments: str) -> None:
    try:
        run_command(
            [
                *(sys.executable, "-m", "pip", "download"),
                *("--quiet", "--disable-pip-version-check", "--no-input"),
                *PURE,
                *("--dest", str(folder)),
                *arguments,
            ],
            deadline=Deadline.after(FETCH_S, SystemClock()),
            # The operator's own index, proxy and certificates.
            environment=os.environ,
        )
    except ExternalFailure as error:
        raise ExternalFailure(
            "wheels_not_fetched",
            "wanted the wheels of the lock from the package index, found that pip failed",
            hint="see pip's words below; without an index: --wheels DIR --offline",
        ) from error
