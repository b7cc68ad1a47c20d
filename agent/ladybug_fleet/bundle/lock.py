"""The lock: which wheel of which library a bundle carries, in the form of pip's requirements."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ladybug_agent.errors import ConfigError

HEADER = """\
# What a bundle carries beside the agent: pure Python only, for one bundle serves arm64 and x86-64.
# Written by `./dev lock`.
"""
PIN = re.compile(
    r"(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)==(?P<version>\S+) --hash=sha256:(?P<sha256>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Pin:
    """One library in one version, as one wheel."""

    name: str
    version: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.name}=={self.version} \\\n    --hash=sha256:{self.sha256}\n"


def read_lock(path: Path) -> list[Pin]:
    """Return the pins. Raises ConfigError for a line that pins nothing."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    return [_pin(line, path) for line in text.splitlines() if line and not line.startswith("#")]


def lock_text(pins: Iterable[Pin]) -> str:
    """Return what `read_lock` and `pip install --require-hashes` read, sorted by name."""
    return HEADER + requirements_text(pins)


def requirements_text(pins: Iterable[Pin]) -> str:
    return "".join(str(pin) for pin in sorted(pins))


def _pin(line: str, path: Path) -> Pin:
    found = PIN.fullmatch(" ".join(line.split()))
    if not found:
        raise ConfigError(
            "bundle_lock_invalid",
            f"wanted `name==version --hash=sha256:...` in {path.name}, found `{line.strip()}`",
            hint="the file is written by `./dev lock`; nobody else writes it",
        )
    return Pin(**found.groupdict())
