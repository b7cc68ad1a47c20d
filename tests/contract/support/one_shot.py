"""One container of a Docker engine's, from its creation to its removal, and how to ask for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from contract.support.containers import DATA, DIGEST, ID
from contract.support.docker_server import Route, Routes, docker_engine, said
from contract.support.http_server import Exchange
from ladybug_agent.adapters.docker_engine import DockerEngine
from ladybug_agent.clock import Deadline
from ladybug_agent.model.containers import OneShotResult, OneShotSpec

NAME = "graph-api-shared-check"
SPEC = OneShotSpec(
    name=NAME,
    image_id=DIGEST,
    user="1000:1000",
    command=("python3", "-c", "print()", "{}"),
    environment={"HOME": "/tmp"},
    labels={"a": "b"},
    data=DATA,
    tmpfs={"/tmp": "size=16m"},
    memory_bytes=256 * 1024**2,
    pids_limit=256,
)


@dataclass(slots=True)
class ScriptedContainer:
    """Answers as an engine does; `refusals` takes the place of single answers."""

    labels: dict[str, str] | None = None
    """Of the container that is there now, or None for none."""
    state: dict[str, Any] = field(default_factory=lambda: {"ExitCode": 0, "OOMKilled": False})
    stdout: bytes = b""
    stderr: bytes = b""
    lasts_s: float = 0.0
    head_first: bool = True
    """Whether the answer to a wait begins at once, as since API 1.30."""
    refusals: dict[str, Route] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def routes(self) -> Routes:
        found = {
            "POST /containers/create": self._create,
            f"POST /containers/{ID}/start": lambda exchange: exchange.answer(204),
            f"POST /containers/{ID}/wait": self.wait,
            f"GET /containers/{NAME}/json": self._inspect,
            f"GET /containers/{ID}/json": self._inspect,
            f"GET /containers/{ID}/logs": self._logs,
            f"DELETE /containers/{ID}": self._remove,
        }
        return {**found, **self.refusals}

    def _create(self, exchange: Exchange) -> None:
        if self.labels is not None:
            said(409, f"Conflict. The container name {NAME} is already in use")(exchange)
            return
        self.asked.append(json.loads(exchange.body))
        self.labels = self.asked[-1]["Labels"]
        exchange.answer_json(201, {"Id": ID, "Warnings": []})

    def _inspect(self, exchange: Exchange) -> None:
        if self.labels is None:
            said(404, f"No such container: {NAME}")(exchange)
            return
        config = {"Labels": self.labels, "Tty": False}
        exchange.answer_json(200, {"Id": ID, "State": self.state, "Config": config})

    def wait(self, exchange: Exchange) -> None:
        answer = json.dumps({"StatusCode": self.state["ExitCode"]})
        if self.head_first:
            exchange.start(200, **{"Content-Length": str(len(answer))})
        if self.lasts_s:
            exchange.hold(self.lasts_s)
        if self.head_first:
            exchange.write(answer)
        else:
            exchange.answer(200, answer)

    def _logs(self, exchange: Exchange) -> None:
        which = parse_qs(urlsplit(exchange.path).query)
        kind, text = (1, self.stdout) if which["stdout"] == ["1"] else (2, self.stderr)
        exchange.answer(200, bytes([kind, 0, 0, 0]) + len(text).to_bytes(4, "big") + text)

    def _remove(self, exchange: Exchange) -> None:
        self.labels = None
        exchange.answer(204)


@contextmanager
def engine_of(container: ScriptedContainer, directory: Path) -> Iterator[DockerEngine]:
    with docker_engine(directory, container.routes()) as engine:
        yield DockerEngine(engine.url)


def run(container: ScriptedContainer, directory: Path, deadline: Deadline) -> OneShotResult:
    with engine_of(container, directory) as engine:
        return engine.run_once(SPEC, deadline)
