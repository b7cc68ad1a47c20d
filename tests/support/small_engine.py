"""A second Docker engine whose disk is too small for the image."""

from __future__ import annotations

import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_TIMEOUT_S = 30.0
BRIDGE = "small-engine"


@contextmanager
def engine_with_disk(*, size_mib: int) -> Iterator[str]:
    """Run an engine on a filesystem in memory of that size; yield its URL."""
    # A short path: the name of a socket has room for 107 characters (unix(7)).
    with tempfile.TemporaryDirectory(prefix="engine-") as directory:
        yield from _engine(Path(directory), size_mib)


def _engine(directory: Path, size_mib: int) -> Iterator[str]:
    root = directory / "root"
    root.mkdir()
    # A bridge of its own: an engine with none would remove the other engine's.
    subprocess.run(["ip", "link", "add", BRIDGE, "type", "bridge"], check=True)
    try:
        yield from _engine_on_bridge(directory, root, size_mib)
    finally:
        subprocess.run(["ip", "link", "delete", BRIDGE], check=True)


def _engine_on_bridge(directory: Path, root: Path, size_mib: int) -> Iterator[str]:
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_mib}m", "tmpfs", str(root)]
    subprocess.run(mount, check=True)
    url = f"unix://{directory}/docker.sock"
    try:
        with (directory / "dockerd.log").open("w", encoding="utf-8") as log:
            process = subprocess.Popen(_command(directory, root, url), stdout=log, stderr=log)
        try:
            _await_answer(directory / "docker.sock", process)
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(START_TIMEOUT_S)
    finally:
        subprocess.run(["umount", "--recursive", str(root)], check=True)


def _command(directory: Path, root: Path, url: str) -> list[str]:
    return [
        "dockerd",
        f"--data-root={root}",
        f"--exec-root={directory / 'exec'}",
        f"--pidfile={directory / 'pid'}",
        f"--host={url}",
        f"--bridge={BRIDGE}",
        "--iptables=false",
        "--ip-forward=false",
        "--storage-driver=overlay2",
    ]


def _await_answer(path: Path, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + START_TIMEOUT_S
    while not _answers(path):
        assert process.poll() is None, "the small engine ended at once"
        assert time.monotonic() < give_up, "the small engine does not answer"
        time.sleep(0.1)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(path))
            connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b"200 OK" in connection.recv(1024)
        except OSError:
            return False
