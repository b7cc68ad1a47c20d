"""Instance metadata, version 2 only, by the standard library: for the role's credentials."""

from __future__ import annotations

import os

from ladybug_agent.adapters.imds_endpoints import HINT, endpoints
from ladybug_agent.adapters.lean.http import (
    Ask,
    Limits,
    exchange,
    parse_url,
)
from ladybug_agent.adapters.lean.reading import GarbledReplyError, Reply
from ladybug_agent.clock import Clock
from ladybug_agent.errors import ExternalFailure, NotYet

LIMITS = Limits(connect_s=1.0, total_s=2.0)
TOKEN_TTL_S = 60
OK, NOT_FOUND, SERVER_ERROR = 200, 404, 500


class LeanImds:
    """One session a process; a request blocks for at most 2 s for each endpoint tried."""

    def __init__(self, clock: Clock, candidates: tuple[str, ...] | None = None) -> None:
        self._clock = clock
        self._candidates = candidates or endpoints(os.environ)
        self._endpoint = ""
        self._token = ""

    def begin(self) -> None:
        """Ask for a session, unless there is one. Raises NotYet, or ExternalFailure."""
        if not self._token:
            self._start_session()

    def get(self, path: str) -> str | None:
        """Return the text at `latest/<path>`, or None where there is none (404)."""
        self.begin()
        headers = {"X-aws-ec2-metadata-token": self._token}
        reply = self._send(self._endpoint, path, "GET", headers)
        return None if reply.status == NOT_FOUND else _text(reply, path)

    def _start_session(self) -> None:
        headers = {"X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_TTL_S)}
        for endpoint in self._candidates:
            try:
                reply = self._send(endpoint, "api/token", "PUT", headers)
            except NotYet:
                if endpoint == self._candidates[-1]:
                    raise
            else:
                self._endpoint, self._token = endpoint, _text(reply, "api/token")
                return

    def _send(self, endpoint: str, path: str, method: str, headers: dict[str, str]) -> Reply:
        address, full = parse_url(f"{endpoint}/latest/{path}")
        try:
            ask = Ask(method=method, path=full, headers=headers)
            return exchange(address, ask, LIMITS, self._clock)
        except (OSError, GarbledReplyError) as error:
            raise NotYet(
                "imds_unreachable", f"instance metadata does not answer at {endpoint}", hint=HINT
            ) from error


def _text(reply: Reply, path: str) -> str:
    if reply.status == OK and (text := reply.body.decode(errors="replace").strip()):
        return text
    if reply.status >= SERVER_ERROR:
        raise NotYet("imds_unavailable", f"instance metadata answered {reply.status}", hint=HINT)
    raise ExternalFailure(
        "imds_refused",
        f"instance metadata refused {path} with {reply.status}",
        hint=HINT,
        status=reply.status,
    )
