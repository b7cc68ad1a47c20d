"""QEMU's two ways of talking: a line of JSON each, over a Unix socket."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

CONNECT_S = 10.0


class VmError(AssertionError):
    """The machine or its driver did not do what a test asked of it."""


class Channel:
    """A connection; every read ends after `timeout_s`."""

    def __init__(self, path: Path, *, timeout_s: float) -> None:
        self._socket = _connect(path, timeout_s)
        self._lines = self._socket.makefile("rb")

    def send(self, message: object, *, after: bytes = b"") -> None:
        self._socket.sendall(after + json.dumps(message).encode() + b"\n")

    def receive(self) -> dict[str, Any]:
        """Return the next message; what stands before a 0xff byte on its line is none of it."""
        line = self._lines.readline()
        if not line:
            raise VmError("QEMU closed the connection")
        message: dict[str, Any] = json.loads(line.rpartition(b"\xff")[2])
        return message

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _connect(path: Path, timeout_s: float) -> socket.socket:
    give_up = time.monotonic() + CONNECT_S
    while True:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(timeout_s)
        try:
            connection.connect(str(path))
        except OSError as error:
            connection.close()
            if time.monotonic() > give_up:
                message = f"nobody listens at {path}"
                raise VmError(message) from error
            time.sleep(0.05)
        else:
            return connection
