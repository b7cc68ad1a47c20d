"""What ECR's registry endpoint adds to a registry: the permissions of whoever's login it is."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ladybug_lab.aws.enforcement import Enforcement
from ladybug_lab.depot import ACCOUNT_ID, REPOSITORY, Depot
from ladybug_lab.serving import serve_in_background

REGION = "us-east-1"
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html, for pulling
WANTED = re.compile(r"/v2/(?P<repository>.+)/(?P<kind>manifests|blobs)/[^/]+$")
ACTIONS = {"manifests": "ecr:BatchGetImage", "blobs": "ecr:GetDownloadUrlForLayer"}
PASSED_ON = ("Authorization", "Accept", "Range")
PASSED_BACK = (
    "Content-Type", "Content-Length", "Docker-Content-Digest", "Docker-Distribution-Api-Version",
    "Etag", "Www-Authenticate",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class EcrFront:
    """The depot's registry by another address, at which permissions are asked for."""

    host: str
    depot: Depot

    def served(self, reference: str) -> str:
        """Return an image of the depot's registry by the address of this front."""
        return reference.replace(self.depot.registry.host, self.host)

    @property
    def image(self) -> str:
        return f"{self.host}/{REPOSITORY}@{self.depot.digest}"


class _Server(ThreadingHTTPServer):
    def __init__(self, depot: Depot, enforcement: Enforcement) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.depot = depot
        self.enforcement = enforcement

    def refusal(self, path: str) -> str:
        """Return what ECR says to a request that the role may not make; empty if it may."""
        found = WANTED.match(path)
        if found is None:
            return ""
        action = ACTIONS[found["kind"]]
        arn = f"arn:aws:ecr:{REGION}:{ACCOUNT_ID}:repository/{found['repository']}"
        if self.enforcement.may(action, arn, REGION):
            return ""
        who = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/lab"
        return f"User: {who} is not authorized to perform: {action} on resource: {arn}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        refused = self.server.refusal(self.path)
        if refused:
            self._refuse(refused)
        else:
            self._pass_on()

    do_HEAD = do_GET  # noqa: N815 - http.server's name

    def _pass_on(self) -> None:
        # Docker names each kind of manifest that it takes in a line of its own.
        told = {name: ", ".join(self.headers.get_all(name, ())) for name in PASSED_ON}
        headers = {name: value for name, value in told.items() if value}
        registry = self.server.depot.registry.host
        with closing(http.client.HTTPConnection(registry, timeout=30)) as behind:
            behind.request(self.command, self.path, headers=headers)
            answer = behind.getresponse()
            back = {name: value for name in PASSED_BACK if (value := answer.headers.get(name))}
            self._begin(answer.status, back)
            while part := answer.read(1 << 16):
                self.wfile.write(part)

    def _refuse(self, message: str) -> None:
        body = json.dumps({"errors": [{"code": "DENIED", "message": message}]}).encode()
        told = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        self._begin(HTTPStatus.FORBIDDEN, told)
        if self.command != "HEAD":
            self.wfile.write(body)

    def _begin(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: `Enforcement` holds what there is to know."""


@contextmanager
def ecr_front(depot: Depot, enforcement: Enforcement) -> Iterator[EcrFront]:
    """Serve until the end of the block."""
    server = _Server(depot, enforcement)
    stop = serve_in_background(server, "ecr-front")
    try:
        yield EcrFront(host=f"127.0.0.1:{server.server_port}", depot=depot)
    finally:
        stop()
