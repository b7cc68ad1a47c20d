"""HTTP with requests: never through a proxy, never following a redirect, always with time-outs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from ladybug_agent.clock import Clock, Deadline
from ladybug_agent.errors import NotYet
from ladybug_agent.model import HttpReply

CONNECT_TIMEOUT_S = 1.0
TOTAL_TIMEOUT_S = 3.0
BODY_BYTES = 64 * 1024
JSON = {"Content-Type": "application/json"}
HINT = "does the service still start? its own log says, by `docker logs`"


def direct_session() -> requests.Session:
    """Return a session that ignores proxies, .netrc and certificates from the environment."""
    session = requests.Session()
    session.trust_env = False
    return session


class ServiceHttp:
    """Ask the local service. Blocks for at most about `TOTAL_TIMEOUT_S`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._session = direct_session()

    def get(self, url: str) -> HttpReply:
        limit = Deadline.after(TOTAL_TIMEOUT_S, self._clock)
        with _not_yet(url):
            return self._read("GET", url, limit)

    def post(self, url: str, body: bytes, deadline: Deadline) -> HttpReply:
        with _not_yet(url):
            return self._read("POST", url, deadline, data=body, headers=JSON)

    def _read(self, method: str, url: str, limit: Deadline, **what: Any) -> HttpReply:
        # requests' read timeout is for one read: a body that drips would have no limit.
        timeout = (CONNECT_TIMEOUT_S, max(0.001, limit.remaining_s - CONNECT_TIMEOUT_S))
        with self._session.request(
            method, url, timeout=timeout, allow_redirects=False, stream=True, **what
        ) as reply:
            body = b""
            # read1 takes what has come; iter_content would wait until its chunk is full.
            while part := reply.raw.read1(BODY_BYTES, decode_content=True):
                body += part
                if len(body) >= BODY_BYTES:
                    break
                if limit.is_over:
                    raise NotYet("health_timeout", f"{url} did not end its answer", hint=HINT)
            return HttpReply(status=reply.status_code, body=body[:BODY_BYTES])


@contextmanager
def _not_yet(url: str) -> Iterator[None]:
    try:
        yield
    except (requests.Timeout, ReadTimeoutError) as error:
        raise NotYet("health_timeout", f"{url} did not answer in time", hint=HINT) from error
    except (requests.RequestException, HTTPError) as error:
        raise NotYet("health_unreachable", f"nothing answers at {url}", hint=HINT) from error
