"""One look at a container by the Docker Engine API, over its socket."""

from __future__ import annotations

import json
from urllib.parse import quote

from ladybug_agent.adapters.docker_facts import container_facts
from ladybug_agent.adapters.docker_words import engine_unreachable
from ladybug_agent.adapters.lean.http import (
    Address,
    Ask,
    Limits,
    exchange,
    parse_url,
)
from ladybug_agent.adapters.lean.reading import GarbledReplyError
from ladybug_agent.clock import Clock
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.containers import ContainerFacts

LIMITS = Limits(connect_s=1.0, total_s=3.0)
OK, NOT_FOUND = 200, 404
ACT = "look at the container"


class LeanDocker:
    """Blocks for at most 3 s."""

    def __init__(self, base_url: str, clock: Clock) -> None:
        self._base_url = base_url
        self._clock = clock

    def container(self, name: str) -> ContainerFacts | None:
        ask = Ask(path=f"/containers/{quote(name, safe='')}/json")
        try:
            reply = exchange(self._address, ask, LIMITS, self._clock)
            if reply.status == NOT_FOUND:
                return None
            if reply.status == OK:
                return container_facts(json.loads(reply.body))
        except (OSError, GarbledReplyError, ValueError, KeyError, TypeError) as error:
            raise engine_unreachable(ACT, self._base_url) from error
        raise ExternalFailure(
            "container_engine_refused",
            f"wanted to {ACT}, the Docker engine answered {reply.status}",
            hint="is the Docker engine healthy? `systemctl status docker`",
        )

    @property
    def _address(self) -> Address:
        scheme, _, rest = self._base_url.partition("://")
        if scheme == "unix":
            return Address(path=rest)
        return parse_url(f"http://{rest}")[0]
