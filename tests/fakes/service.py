"""The Graph API as seen by HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from fakes.clock import FakeClock
from ladybug_agent.errors import NotYet
from ladybug_agent.model import HttpReply

Body = Mapping[str, object]
HEALTHY: Body = {"status": "healthy", "uptime_seconds": 3, "database_count": 1}
INFO: Body = {"node_type": "shared_replica", "databases": ["sec"], "read_only": True}


def json_reply(body: Body, *, status: int = 200) -> HttpReply:
    return HttpReply(status=status, body=json.dumps(body).encode())


class FakeHttp:
    """Answers on port 8001 of this machine once the clock has come so far."""

    def __init__(
        self,
        clock: FakeClock,
        *,
        answers_after_s: float = 0.0,
        replies: Mapping[str, HttpReply] | None = None,
    ) -> None:
        self._clock = clock
        self._answers_at = clock.monotonic() + answers_after_s
        self.posted: list[bytes] = []
        self.takes_s = 0.0
        self.replies = {
            "/health": json_reply(HEALTHY),
            "/info": json_reply(INFO),
            **(replies or {}),
        }

    def post(self, url: str, body: bytes) -> HttpReply:
        self.posted.append(body)
        return self.get(url)

    def get(self, url: str) -> HttpReply:
        parts = urlsplit(url)
        if self.takes_s:
            self._clock.let_pass(self.takes_s)
        if parts.netloc != "127.0.0.1:8001" or self._clock.monotonic() < self._answers_at:
            raise NotYet("health_unreachable", f"nothing answers at {url}")
        return self.replies.get(parts.path, HttpReply(status=404, body=b"not found"))
