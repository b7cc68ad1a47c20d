"""The Graph API inside the lab's container: a script that serves LadybugDB files read-only.

Settings come from the environment: LBUG_DATABASE_PATH, LBUG_PORT, LBUG_BUFFER_POOL_MB (of each
database), LBUG_NODE_TYPE, INSTANCE_ID; LBUG_STORAGE_VERSIONS is set by the image.

LAB_FAULT makes it misbehave, to rehearse failures:
  exit               end with status 3 after 0.3 s
  unhealthy          /health says 503 for ever
  garbage            /health says 200 with something that is not JSON
  no-databases       /health counts no database
  slow-open:SECONDS  wait before the databases are opened
  writable-info      /info says read_only false
  hang               accept connections and never answer

Opening a database holds Python's global lock, and on a lazily loaded volume it takes long. So the
first process only answers "opening", passes signals on and reports the end; a second one opens the
databases and takes the listening socket over.
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import sys
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from socketserver import TCPServer
from types import FrameType
from typing import NoReturn

from ladybug_lab.graph_api.answers import Api, CannotOpenError, Reply, open_all, setting

FAULTS = {"exit", "unhealthy", "garbage", "no-databases", "slow-open", "writable-info", "hang"}
MAX_REQUEST_BYTES = 64 * 1024
QUERY_PATH = re.compile(r"/databases/([^/]+)/query")


class Server(ThreadingHTTPServer):
    """Both processes accept on its socket for a moment, so accepting must never block."""

    daemon_threads = True
    timeout = 0
    api: Api

    def server_bind(self) -> None:
        # Not HTTPServer's: it asks the name service for our own name.
        TCPServer.server_bind(self)
        self.socket.settimeout(0)

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        """Keep the log clean of clients that hang up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or every answer on a kept connection waits 40 ms
    timeout = 60

    def do_GET(self) -> None:
        api = self.server.api
        if api.fault == "hang":
            threading.Event().wait()
        if self.path == "/health" and api.fault == "garbage" and api.databases is not None:
            self.send(200, b"<html>It works!</html>")
        elif self.path == "/health":
            self.reply(api.health())
        elif self.path == "/info":
            self.reply(api.info())
        else:
            self.reply((404, {"error": f"no such path: {self.path}"}))

    def do_POST(self) -> None:
        size = self.headers.get("Content-Length", "")
        target = QUERY_PATH.fullmatch(self.path)
        if not size.isdecimal():
            self.close_connection = True
            self.reply((411, {"error": "Content-Length is missing"}))
        elif int(size) > MAX_REQUEST_BYTES:
            self.close_connection = True  # its body is not read
            self.reply((413, {"error": f"a request has at most {MAX_REQUEST_BYTES} bytes"}))
        elif target is None:
            self.rfile.read(int(size))
            self.reply((404, {"error": f"no such path: {self.path}"}))
        else:
            self.reply(self.server.api.query(target[1], self.rfile.read(int(size))))

    def reply(self, reply: Reply) -> None:
        status, answer = reply
        self.send(status, json.dumps(answer, default=str).encode())

    def send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.server.api.databases is None:
            # A kept connection would stay with this process and hear "opening" for ever.
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Say nothing: a line for each health check would bury the rest."""


def serve(server: Server, announce: int, *, delay_s: float) -> NoReturn:
    """Open the databases, announce it, and answer until killed."""
    time.sleep(delay_s)
    begun = time.monotonic()
    try:
        databases = open_all(server.api.directory)
    except CannotOpenError as error:
        sys.exit(str(error))
    server.api = replace(server.api, databases=databases)
    say(f"opened {', '.join(databases) or 'no database'} in {time.monotonic() - begun:.3f} s")
    os.close(announce)
    server.serve_forever()
    sys.exit(0)


def supervise(server: Server, worker: int, opened: int) -> NoReturn:
    """Answer "opening" until the worker serves or ends, then wait for its end."""

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        os.kill(worker, signal.SIGKILL)  # it only reads: nothing to tidy up
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while opened not in select.select([server.fileno(), opened], [], [])[0]:
        server.handle_request()
    server.server_close()
    status = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
    sys.exit(status if status >= 0 else 128 - status)


def main() -> NoReturn:
    fault, _, seconds = setting("LAB_FAULT", "").partition(":")
    if fault and fault not in FAULTS:
        sys.exit(f"LAB_FAULT={fault} is not one of {', '.join(sorted(FAULTS))}")
    if fault == "exit":
        say("starting the Graph API")
        say("LAB_FAULT=exit: giving up")
        time.sleep(0.3)
        sys.exit(3)
    # All addresses of the container; which of them the host can reach is for its port mapping.
    server = Server(("0.0.0.0", int(setting("LBUG_PORT", "8001"))), Handler)  # noqa: S104
    directory = Path(setting("LBUG_DATABASE_PATH", "/app/data/lbug-dbs"))
    server.api = Api(directory=directory, fault=fault)
    opened, announce = os.pipe()  # reads as ended once the worker has closed it, or is gone
    worker = os.fork()
    if worker == 0:
        serve(server, announce, delay_s=float(seconds or 0))
    os.close(announce)
    supervise(server, worker, opened)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
