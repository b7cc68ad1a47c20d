"""A strict IMDSv2 server for one instance, with faults: no token, no answer."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from email.message import Message
from http import HTTPStatus
from http.client import responses
from threading import Event
from types import TracebackType
from typing import NamedTuple, Self

from ladybug_lab.imds.content import Credentials, InstanceFacts, content, listing
from ladybug_lab.imds.faults import ImdsFaults
from ladybug_lab.imds.http import Answer, ImdsServer
from ladybug_lab.serving import serve_in_background

__all__ = ["DROPPED", "Credentials", "ImdsRequest", "InstanceFacts", "LabImds"]

DROPPED = 0
# The agent asks for `latest`, cloud-init for the versions that it knows.
_ROOT = re.compile(r"/(latest|\d{4}-\d{2}-\d{2})/")
_TOKEN_PATH = "/latest/api/token"  # noqa: S105 - a path
_TOKEN_HEADER = "X-aws-ec2-metadata-token"  # noqa: S105 - a header's name
_TTL_HEADER = "X-aws-ec2-metadata-token-ttl-seconds"
_MAX_TTL_S = 21600


class ImdsRequest(NamedTuple):
    """One request and the status it got; `DROPPED` where the connection was closed on it."""

    method: str
    path: str
    status: int


class LabImds:
    """Serves from construction to `stop`; `facts` and `credentials` may be replaced meanwhile."""

    def __init__(
        self,
        facts: InstanceFacts | None = None,
        credentials: Credentials | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.facts = facts or InstanceFacts()
        self.credentials = credentials or Credentials()
        self.faults = ImdsFaults()
        self.requests: list[ImdsRequest] = []
        self._now = now
        self._token_ends: dict[str, float] = {}
        self._stopping = Event()
        self._server = ImdsServer(host, port, self._reply)
        self._stop_serving = serve_in_background(self._server, "lab-imds")
        self.endpoint = self._server.url

    def expire_tokens(self) -> None:
        self._token_ends.clear()

    def stop(self) -> None:
        self._stopping.set()
        self._stop_serving()
        self._server.close_connections()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _reply(self, method: str, path: str, headers: Message) -> Answer | None:
        """None closes the connection without a word."""
        fault = self.faults.take(path)
        if fault is not None:
            self._stopping.wait(fault.delay_s)
        answer: Answer | None
        if fault is not None and fault.drop:
            answer = None
        elif fault is not None and (fault.status, fault.body) != (None, None):
            answer = _plain(fault.status or HTTPStatus.OK, fault.body)
        else:
            answer = self._true_answer(method, path, headers)
        self.requests.append(ImdsRequest(method, path, answer.status if answer else DROPPED))
        return answer

    def _true_answer(self, method: str, path: str, headers: Message) -> Answer:
        if method == "PUT":
            return self._new_token(headers) if path == _TOKEN_PATH else _plain(HTTPStatus.NOT_FOUND)
        if self._token_ends.get(headers.get(_TOKEN_HEADER, ""), 0.0) <= self._now():
            return _plain(HTTPStatus.UNAUTHORIZED)
        return self._look_up(path)

    def _new_token(self, headers: Message) -> Answer:
        # The service refuses proxied requests for a token, so that an open proxy on the instance
        # cannot be used to steal the role's credentials.
        if "X-Forwarded-For" in headers:
            return _plain(HTTPStatus.FORBIDDEN)
        ttl = headers.get(_TTL_HEADER, "")
        if not (ttl.isascii() and ttl.isdecimal() and 1 <= int(ttl) <= _MAX_TTL_S):
            return _plain(HTTPStatus.BAD_REQUEST)
        token = secrets.token_urlsafe(40)
        self._token_ends[token] = self._now() + int(ttl)
        return Answer(HTTPStatus.OK, token, ((_TTL_HEADER, ttl),))

    def _look_up(self, path: str) -> Answer:
        root = _ROOT.match(path)
        if root is None:
            return _plain(HTTPStatus.NOT_FOUND)
        wanted = path[root.end() :]
        paths = content(self.facts, self.credentials)
        # A value answers with a trailing slash too: botocore asks for its region in that way.
        value = paths.get(wanted.removesuffix("/"))
        if value is not None:
            return _plain(HTTPStatus.OK, value)
        names = listing(paths, wanted.removesuffix("/") + "/" if wanted else "")
        if not names:
            return _plain(HTTPStatus.NOT_FOUND)
        if not path.endswith("/"):
            location = (("Location", f"{self.endpoint}{path}/"),)
            return Answer(HTTPStatus.MOVED_PERMANENTLY, "", location)
        return _plain(HTTPStatus.OK, "\n".join(names))


def _plain(status: int, body: str | None = None) -> Answer:
    """An error without a body of its own gets a page: whoever ignores the status, reads that."""
    if body is None:
        title = f"{status} - {responses.get(status, 'Unknown')}"
        body = f"<html><head><title>{title}</title></head></html>\n"
    return Answer(status, body)
