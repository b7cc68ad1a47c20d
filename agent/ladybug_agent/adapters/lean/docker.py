"""One look at a container or an image by the Docker Engine API, over its socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

from ladybug_agent.adapters.docker_facts import container_facts, image_facts
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
from ladybug_agent.model.containers import ContainerFacts, ImageFacts

LIMITS = Limits(connect_s=1.0, total_s=3.0)
OK, NOT_FOUND = 200, 404
T = TypeVar("T")
NO_REPORT = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What reading a report raises that is none of the engine's."""


class LeanDocker:
    """Blocks for at most 3 s."""

    def __init__(self, base_url: str, clock: Clock) -> None:
        self._base_url = base_url
        self._clock = clock

    def container(self, name: str) -> ContainerFacts | None:
        path = f"/containers/{quote(name, safe='')}/json"
        return self._look(path, container_facts, "look at the container")

    def image(self, reference: str) -> ImageFacts | None:
        """Return the local image; None if the engine does not have it."""
        return self._look(f"/images/{quote(reference)}/json", image_facts, "look at the image")

    def _look(self, path: str, facts: Callable[[dict[str, Any]], T], act: str) -> T | None:
        try:
            reply = exchange(self._address, Ask(path=path), LIMITS, self._clock)
            if reply.status == NOT_FOUND:
                return None
            if reply.status == OK:
                return facts(json.loads(reply.body))
        except (OSError, GarbledReplyError, *NO_REPORT) as error:
            raise engine_unreachable(act, self._base_url) from error
        raise ExternalFailure(
            "container_engine_refused",
            f"wanted to {act}, the Docker engine answered {reply.status}",
            hint="is the Docker engine healthy? `systemctl status docker`",
        )

    @property
    def _address(self) -> Address:
        scheme, _, rest = self._base_url.partition("://")
        if scheme == "unix":
            return Address(path=rest)
        return parse_url(f"http://{rest}")[0]
