"""The git clone that a bundle is made of: that from which this tool itself runs."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ladybug_fleet
from ladybug_agent import __version__
from ladybug_agent.errors import ConfigError

PARTS = (
    "pyproject.toml",
    "LICENSE",
    "agent/ladybug_agent/__init__.py",
    "packaging/bundle/install",
    "packaging/bundle/requirements.lock",
    "packaging/cloudformation",
    "packaging/cloudwatch",
    "packaging/journald",
    "packaging/logrotate",
    "systemd",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A clone that has all parts of a bundle."""

    root: Path
    version: str
    project: dict[str, Any]

    @property
    def name(self) -> str:
        """The name of the bundle, of its one directory, and of its file without `.tar.gz`."""
        return f"ladybug-agent-{self.version}"

    @property
    def lock(self) -> Path:
        return self.root / "packaging/bundle/requirements.lock"

    @property
    def oldest_python(self) -> str:
        """The oldest Python that the agent runs on, as in `3.11`."""
        return str(self.project["requires-python"]).removeprefix(">=")


def own_checkout() -> Checkout:
    """Return the clone of this tool. Raises ConfigError when it was installed from a wheel."""
    return open_checkout(Path(ladybug_fleet.__file__).parents[2])


def open_checkout(root: Path) -> Checkout:
    """Return the clone at `root`. Raises ConfigError if it lacks a part, and names that."""
    for part in PARTS:
        if not (root / part).exists():
            raise ConfigError(
                "bundle_source_missing",
                f"wanted a git clone with `{part}`, found none at {root}",
                hint="run `./dev ladybug-fleet build` in a git clone of ladybug-agent",
            )
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return Checkout(root=root, version=__version__, project=project)
