"""A private image registry: Debian's docker-registry with a password, on 127.0.0.1."""

from __future__ import annotations

import base64
import http.client
import json
import secrets
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ladybug_lab.errors import LabError
from ladybug_lab.shell import end, is_running, last_lines, run, spawn

_PROGRAM = "docker-registry"
_HOST = "127.0.0.1"  # Docker speaks plain HTTP to loopback addresses without being told to
_START_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 5.0
_REQUEST_TIMEOUT_S = 2.0
_POLL_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class LabRegistry:
    """A registry process and its directory; both outlive this object until `stop`.

    The three fields are all there is to it: whoever keeps them can stop the registry later, from
    another process. What was pushed stays in the directory and is served again by the next
    `start` there.
    """

    directory: Path
    port: int
    pid: int

    @classmethod
    def start(
        cls, directory: Path, *, username: str, password: str, port: int | None = None
    ) -> Self:
        """Start serving `directory` and block until it answers, 10 s at most.

        Docker remembers pushed images under `host`: give the `port` of an earlier run to keep it.
        """
        directory = directory.resolve()
        directory.mkdir(parents=True, exist_ok=True)
        port = _claim_port(port or 0)
        _write_configuration(directory, port, username=username, password=password)
        log = directory / "registry.log"
        log.unlink(missing_ok=True)
        pid = spawn(_command(directory), log=log)
        registry = cls(directory=directory, port=port, pid=pid)
        try:
            registry._await_answer(_authorization(username, password))
        except LabError:
            registry.stop()
            raise
        return registry

    @property
    def host(self) -> str:
        """The first part of an image's name here, such as `127.0.0.1:40001`."""
        return f"{_HOST}:{self.port}"

    def is_running(self) -> bool:
        """Tell whether the process is still there, and is the registry of this directory."""
        return is_running(self.pid, _command(self.directory))

    def stop(self) -> None:
        """End the process, 10 s at most; without effect if it is gone."""
        end(self.pid, _command(self.directory), timeout_s=_STOP_TIMEOUT_S)

    def _await_answer(self, authorization: str) -> None:
        give_up = time.monotonic() + _START_TIMEOUT_S
        while not _lets_in(self.port, authorization):
            log = last_lines((self.directory / "registry.log").read_text(encoding="utf-8"))
            if not self.is_running():
                raise LabError(f"{_PROGRAM} ended at once: {log}")
            if time.monotonic() > give_up:
                raise LabError(f"{_PROGRAM} does not answer on {self.host}: {log}")
            time.sleep(_POLL_S)


def _command(directory: Path) -> list[str]:
    return [_PROGRAM, "serve", str(directory / "config.yml")]


def _claim_port(wanted: int) -> int:
    """Return the port if nobody listens on it, or any free one for 0."""
    with socket.socket() as probe:
        # As the registry itself does: the port of a run that just ended is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, wanted))
        except OSError as error:
            raise LabError(
                f"cannot serve images on {_HOST}:{wanted}: {error.strerror}",
                f"end what listens there (`ss -ltnp sport = :{wanted}`)",
            ) from error
        port: int = probe.getsockname()[1]
        return port


def _write_configuration(directory: Path, port: int, *, username: str, password: str) -> None:
    users = directory / "htpasswd"
    users.touch(mode=0o600)
    # The registry reads bcrypt entries only (-B).
    users.write_text(run(["htpasswd", "-Bbn", username, password], timeout_s=10), encoding="utf-8")
    configuration = {
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(directory / "images")},
            "delete": {"enabled": True},
        },
        "http": {"addr": f"{_HOST}:{port}", "secret": secrets.token_hex()},
        "auth": {"htpasswd": {"realm": "ladybug-lab", "path": str(users)}},
    }
    # JSON is YAML, and quotes every path as it must be.
    (directory / "config.yml").write_text(json.dumps(configuration, indent=2), encoding="utf-8")


def _authorization(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _lets_in(port: int, authorization: str) -> bool:
    connection = http.client.HTTPConnection(_HOST, port, timeout=_REQUEST_TIMEOUT_S)
    try:
        connection.request("GET", "/v2/", headers={"Authorization": authorization})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
