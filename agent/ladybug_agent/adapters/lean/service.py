"""The Graph API on this machine: connect within 1 s, all of it within 3 s."""

from __future__ import annotations

from ladybug_agent.adapters.lean.http import Ask, Limits, exchange, parse_url
from ladybug_agent.adapters.lean.reading import GarbledReplyError
from ladybug_agent.clock import Clock
from ladybug_agent.errors import NotYet
from ladybug_agent.model import HttpReply

LIMITS = Limits(connect_s=1.0, total_s=3.0, body_bytes=64 * 1024)
HINT = "does the service still start? its own log says, by `docker logs`"


class LeanServiceHttp:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def get(self, url: str) -> HttpReply:
        return self._exchange(url, Ask(path=parse_url(url)[1]))

    def post(self, url: str, body: bytes) -> HttpReply:
        """POST JSON. Raises NotYet like `get`."""
        headers = {"Content-Type": "application/json"}
        return self._exchange(
            url, Ask(method="POST", path=parse_url(url)[1], headers=headers, body=body)
        )

    def _exchange(self, url: str, ask: Ask) -> HttpReply:
        try:
            reply = exchange(parse_url(url)[0], ask, LIMITS, self._clock)
        except TimeoutError as error:
            raise NotYet("health_timeout", f"{url} did not answer in time", hint=HINT) from error
        except (OSError, GarbledReplyError) as error:
            raise NotYet("health_unreachable", f"nothing answers at {url}", hint=HINT) from error
        return HttpReply(status=reply.status, body=reply.body)
