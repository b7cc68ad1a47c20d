"""Writes the lock anew: `python -m ladybug_fleet.bundle.lock_file`, which is `./dev lock`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from ladybug_agent.config import LoggingConfig
from ladybug_agent.errors import AgentError, ConfigError, describe, error_chain
from ladybug_agent.exit_status import exit_status
from ladybug_agent.files import write_atomically
from ladybug_agent.logs import configure_logs
from ladybug_fleet.bundle.checkout import Checkout, own_checkout
from ladybug_fleet.bundle.closure import require_closed
from ladybug_fleet.bundle.index import resolve
from ladybug_fleet.bundle.lock import Pin, lock_text
from ladybug_fleet.bundle.wheel import read_wheel


def renew_lock(checkout: Checkout) -> list[Pin]:
    """Write the newest pure wheels that agree with `pyproject.toml` into the lock.

    Raises ConfigError with another Python than the oldest: pip looks at the conditions of a
    requirement as the Python that runs it, and a newer one may need less.
    """
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    if running != checkout.oldest_python:
        raise ConfigError(
            "lock_python_wrong",
            f"wanted Python {checkout.oldest_python} to resolve the lock, found {running}",
            hint=f"make the virtual environment with python{checkout.oldest_python}",
        )
    needs = checkout.project["dependencies"]
    with tempfile.TemporaryDirectory() as work:
        found = resolve(needs, checkout.oldest_python, Path(work))
        wheels = [read_wheel(path.name, path.read_bytes()) for path in found]
    require_closed(needs, wheels, checkout.oldest_python)
    pins = [Pin(name=one.name, version=one.version, sha256=one.sha256) for one in wheels]
    write_atomically(checkout.lock, lock_text(pins))
    return pins


def main() -> int:
    configure_logs(LoggingConfig())
    try:
        pins = renew_lock(own_checkout())
    except AgentError as error:
        print(describe(error), *error_chain(error)[1:], sep="\n", file=sys.stderr)
        return int(exit_status(error))
    print(f"{len(pins)} libraries locked")
    return 0


if __name__ == "__main__":
    sys.exit(main())
