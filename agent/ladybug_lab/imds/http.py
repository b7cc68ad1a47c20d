"""The HTTP side of the lab's metadata service: connections, requests, answers."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: str
    headers: tuple[tuple[str, str], ...] = ()


Reply = Callable[[str, str, Message], Answer | None]


class ImdsServer(ThreadingHTTPServer):
    """Asks `reply` for every request; None from it closes the connection without a word.

    Knows its open connections, because a kept-alive one must not outlive the server.
    """

    daemon_threads = True
    request_queue_size = 128  # a dozen at once are no load, and a lost SYN costs its client 1 s

    def __init__(self, host: str, port: int, reply: Reply) -> None:
        self.reply = reply
        self.connections: set[socket.socket] = set()
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)
        shown_host = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown_host}:{self.server_port}"

    def close_connections(self) -> None:
        for connection in self.connections.copy():
            with suppress(OSError):  # the client may have left by now
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # clients may leave when they like
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "EC2ws"
    sys_version = ""
    disable_nagle_algorithm = True  # else a kept-alive answer waits 40 ms for the client's ACK
    server: ImdsServer

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def do_GET(self) -> None:
        self._respond()

    def do_PUT(self) -> None:
        self._respond()

    def log_message(self, *_: Any, **__: Any) -> None:
        """Say nothing: `LabImds.requests` holds what there is to know."""

    def _respond(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = self.server.reply(self.command, self.path.partition("?")[0], self.headers)
        if answer is None:
            self.close_connection = True
            return
        body = answer.body.encode()
        self.send_response(answer.status)
        for name, value in (*answer.headers, ("Content-Type", "text/plain")):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
