"""dynalite: a second implementation of DynamoDB's API (npm), beside moto's."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ladybug_lab.depot import cache_directory

VERSION = "4.0.0"
START_S = 20.0


def program() -> Path:
    """Return where `./dev setup` installs it."""
    return cache_directory() / f"dynalite-{VERSION}" / "node_modules" / ".bin" / "dynalite"


@contextmanager
def dynalite() -> Iterator[str]:
    """Serve on a port of this machine, in memory, until the end; yield its URL."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    argv = [str(program()), "--host", "127.0.0.1", "--port", str(port)]
    argv += ["--createTableMs", "0", "--deleteTableMs", "0"]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _await(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def _await(port: int) -> None:
    give_up = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.05)
        else:
            return
