"""How the emulated AWS speaks HTTP: with a clock that may be wrong, and a line that may be cut."""

from __future__ import annotations

import socket
import time
from typing import Any
from wsgiref.types import WSGIEnvironment

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import ThreadedWSGIServer


class LabServer(ThreadedWSGIServer):
    clock_ahead_s = 0.0


class LabHandler(MotoRequestHandler):
    disable_nagle_algorithm = True

    def date_time_string(self, timestamp: float | None = None) -> str:
        server: Any = self.server
        now = time.time() if timestamp is None else timestamp
        return str(super().date_time_string(now + server.clock_ahead_s))

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: `LabAws.calls` and `LabAws.errors` hold what there is to know."""


def drop(environ: WSGIEnvironment) -> None:
    """Close the connection under the answer; werkzeug takes the error for a client that left."""
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError
