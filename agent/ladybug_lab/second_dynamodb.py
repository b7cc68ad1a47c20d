"""A second DynamoDB beside moto's: dynalite, from the package index, on a port of this machine.

Where two implementations that know nothing of one another agree about a conditional expression, the
real one most likely does, too.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ladybug_lab.depot import cache_directory
from ladybug_lab.errors import LabError
from ladybug_lab.shell import SEARCH_PATH, run

_PACKAGE = "dynalite@4.0.0"
_FETCH_TIMEOUT_S = 300.0
_START_S = 20.0


def is_fetched() -> bool:
    return _program().exists()


def _program() -> Path:
    return cache_directory() / _PACKAGE / "node_modules" / ".bin" / "dynalite"


def ensure_dynalite() -> Path:
    """Return the program; the first time it is fetched, after that no network is needed."""
    home, program = cache_directory() / _PACKAGE, _program()
    if not program.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent, prefix=".dynalite-") as scratch:
            draft = Path(scratch) / "home"
            run(
                ["npm", "install", "--silent", "--no-audit", "--no-fund",
                 "--prefix", str(draft), _PACKAGE],
                timeout_s=_FETCH_TIMEOUT_S,
            )  # fmt: skip
            shutil.rmtree(home, ignore_errors=True)
            os.replace(draft, home)  # noqa: PTH105 - whole or not at all
    return program


@contextmanager
def serve_dynalite() -> Iterator[str]:
    """Serve an empty DynamoDB and yield its address."""
    port = _free_port()
    node = shutil.which("node", path=SEARCH_PATH)
    if node is None:
        raise LabError("cannot start dynalite: no node", "apt-get install --yes nodejs npm")
    argv = [node, str(ensure_dynalite()), "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        [*argv, "--createTableMs", "0", "--deleteTableMs", "0", "--updateTableMs", "0"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + _START_S
    while time.monotonic() < give_up and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise LabError("dynalite does not start", "run it by hand to see why")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    print(ensure_dynalite())
