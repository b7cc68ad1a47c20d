"""LadybugDB engines of several storage versions side by side, from the package index."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ladybug_lab.depot import cache_directory
from ladybug_lab.errors import LabError
from ladybug_lab.shell import run

_FETCH_TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A release of LadybugDB; `storage_version` is what it writes into its files."""

    package: str
    version: str
    storage_version: int

    @property
    def name(self) -> str:
        return f"{self.package}-{self.version}"


LADYBUG_0_22 = Engine(package="ladybug", version="0.22.0", storage_version=49)
LADYBUG_0_17 = Engine(package="ladybug", version="0.17.1", storage_version=41)
REAL_LADYBUG_0_15 = Engine(package="real_ladybug", version="0.15.3", storage_version=40)
REAL_LADYBUG_0_12 = Engine(package="real_ladybug", version="0.12.2", storage_version=39)
ENGINES = (LADYBUG_0_22, LADYBUG_0_17, REAL_LADYBUG_0_15, REAL_LADYBUG_0_12)


def ensure_engine(engine: Engine) -> Path:
    """Return the directory to import the engine from; the first time it is fetched: a second or so.

    Once it is there no network is needed.
    """
    target = cache_directory() / "engines" / engine.name
    if not target.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        _fetch(engine, target)
    return target


def _fetch(engine: Engine, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{engine.name}-") as scratch:
        draft = Path(scratch) / engine.name
        run(
            [
                sys.executable, "-m", "pip", "install",
                "--quiet", "--disable-pip-version-check",
                "--no-deps", "--only-binary", ":all:",
                "--target", str(draft),
                f"{engine.package}=={engine.version}",
            ],
            timeout_s=_FETCH_TIMEOUT_S,
        )  # fmt: skip
        try:
            draft.rename(target)
        except OSError as error:
            if not target.is_dir():  # somebody else was first
                raise LabError(f"cannot keep {engine.name}: {error.strerror}") from error


def engine_command(engine: Engine, script: str, *arguments: str) -> list[str]:
    """Return the command that runs a script in which this engine's module is called `lbug`."""
    return [
        "env", f"PYTHONPATH={ensure_engine(engine)}",
        sys.executable, "-c", f"import {engine.package} as lbug\n{script}",
        *arguments,
    ]  # fmt: skip


def run_engine(engine: Engine, script: str, *arguments: str, timeout_s: float) -> str:
    """Run such a script in a process of its own, so that versions do not mix; return its output."""
    return run(engine_command(engine, script, *arguments), timeout_s=timeout_s)


def main() -> None:
    """Fetch what is not there yet."""
    for engine in ENGINES:
        ensure_engine(engine)


if __name__ == "__main__":
    main()
