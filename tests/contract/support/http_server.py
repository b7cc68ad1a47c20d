"""A small HTTP server of a test's own: every request is answered by a function of the test."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn, UnixStreamServer
from threading import Event
from typing import Any

from ladybug_lab.serving import serve_in_background


class Exchange(BaseHTTPRequestHandler):
    """One request, and the means to answer it well or badly."""

    protocol_version = "HTTP/1.1"
    body = b""

    def setup(self) -> None:
        super().setup()
        running = self._running
        running.connections.append(self.connection)

    @property
    def _running(self) -> Running:
        server: Any = self.server
        running: Running = server.running
        return running

    def do_GET(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._running.seen.append(Seen(self.command, self.path, dict(self.headers)))
        self._running.respond(self)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - names that http.server looks for

    def log_message(self, *_: object, **__: object) -> None:
        """Say nothing: `Running.seen` holds what there is to know."""

    def answer(self, status: int, body: bytes | str = b"", **headers: str) -> None:
        self.start(status, **{"Content-Length": str(len(body))}, **headers)
        self.write(body)

    def answer_json(self, status: int, document: object) -> None:
        self.answer(status, json.dumps(document), **{"Content-Type": "application/json"})

    def start(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def write(self, text: bytes | str) -> None:
        self.wfile.write(text.encode() if isinstance(text, str) else text)
        self.wfile.flush()

    def chunk(self, text: bytes | str) -> None:
        """Write one chunk of a body with `Transfer-Encoding: chunked`; an empty one ends it."""
        content = text.encode() if isinstance(text, str) else text
        self.write(b"%x\r\n%b\r\n" % (len(content), content))

    def hold(self, seconds: float) -> bool:
        """Block, at most until the test is over; return whether it goes on."""
        return not self._running.over.wait(seconds)

    def cut(self) -> None:
        """Close the connection without another word."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True, slots=True)
class Seen:
    method: str
    path: str
    headers: dict[str, str]


@dataclass(slots=True)
class Running:
    respond: Callable[[Exchange], None]
    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    over: Event = field(default_factory=Event)
    connections: list[socket.socket] = field(default_factory=list)


class _Server(ThreadingMixIn):
    daemon_threads = True
    running: Running

    def handle_error(self, request: object, client_address: object) -> None:
        del request, client_address
        if not isinstance(sys.exception(), OSError):  # clients may leave when they like
            raise  # noqa: PLE0704 - called inside an except clause


class _TcpServer(_Server, TCPServer):
    pass


class _UnixServer(_Server, UnixStreamServer):
    pass


@contextmanager
def serving(respond: Callable[[Exchange], None], *, path: Path | None = None) -> Iterator[Running]:
    """Serve on a loopback port, or on a socket file; the connections end with the test."""
    server: _TcpServer | _UnixServer
    running = Running(respond)
    if path is None:
        server = _TcpServer(("127.0.0.1", 0), Exchange)
        running.url = f"http://127.0.0.1:{server.server_address[1]}"
    else:
        server = _UnixServer(str(path), Exchange)
        running.url = f"unix://{path}"
    server.running = running
    stop = serve_in_background(server, "test-http")
    try:
        yield running
    finally:
        running.over.set()
        stop()
        for connection in running.connections:
            with suppress(OSError):  # most are closed by now
                connection.shutdown(socket.SHUT_RDWR)
