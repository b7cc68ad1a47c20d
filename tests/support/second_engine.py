"""A Docker engine of the test's own, to be hung and restarted: never the machine's."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
from docker.errors import DockerException

START_S = 40.0
ENDS_S = 40.0


class SecondEngine:
    """One dockerd with its own socket, data, network and containerd namespace."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._bridge = f"lab{uuid.uuid4().hex[:8]}"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{directory}/docker.sock"

    def start(self) -> None:
        directory = self._directory
        with (directory / "dockerd.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    "dockerd", "--host", self.url,
                    "--data-root", str(directory / "data"),
                    "--exec-root", str(directory / "exec"),
                    "--pidfile", str(directory / "dockerd.pid"),
                    "--containerd-namespace", self._bridge,
                    "--containerd-plugins-namespace", f"{self._bridge}-plugins",
                    "--bridge", self._bridge,
                    "--iptables=false", "--ip6tables=false", "--ip-masq=false",
                    "--userland-proxy=true",
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        give_up = time.monotonic() + START_S
        while not self._answers():
            text = (directory / "dockerd.log").read_text(encoding="utf-8", errors="replace")
            assert time.monotonic() < give_up, text
            assert self._process.poll() is None, text
            time.sleep(0.2)

    def stop(self) -> None:
        """End the daemon; without live-restore its containers end with it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)
        self._process.terminate()
        self._process.wait(ENDS_S)

    @contextmanager
    def hung(self) -> Iterator[None]:
        """Let the daemon accept connections and answer nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    @contextmanager
    def client(self) -> Iterator[docker.DockerClient]:
        client = docker.DockerClient(base_url=self.url, version="auto")
        try:
            yield client
        finally:
            client.close()

    def status(self, name: str) -> str:
        with self.client() as client:
            found = client.containers.list(all=True, filters={"name": f"^{name}$"})
            return str(found[0].status) if found else "absent"

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except DockerException:
            return False

    def make_bridge(self) -> None:
        number = int(self._bridge[-2:], 16)
        _ip("link", "add", self._bridge, "type", "bridge")
        _ip("address", "add", f"10.213.{number}.1/24", "dev", self._bridge)
        _ip("link", "set", self._bridge, "up")

    def remove_bridge(self) -> None:
        _ip("link", "delete", self._bridge)


def _ip(*argv: str) -> None:
    subprocess.run(["ip", *argv], check=True, timeout=10)


@contextmanager
def second_engine() -> Iterator[SecondEngine]:
    """Start one, and leave nothing of it behind. A short path: sockets may have 104 letters."""
    directory = Path(tempfile.mkdtemp(prefix="lab-dockerd-"))
    engine = SecondEngine(directory)
    engine.make_bridge()
    try:
        engine.start()
        try:
            yield engine
        finally:
            with engine.client() as client:
                for container in client.containers.list(all=True):
                    container.remove(force=True)
            engine.stop()
    finally:
        engine.remove_bridge()
        shutil.rmtree(directory, ignore_errors=True)
