"""A tiny Docker engine on a socket file: it knows its version, and the test knows the rest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from contract.support.http_server import Exchange, Running, serving

API_VERSION = "1.41"
PREFIX = f"/v{API_VERSION}"
Route = Callable[[Exchange], None]
Routes = Mapping[str, Route]


@contextmanager
def docker_engine(directory: Path, routes: Routes) -> Iterator[Running]:
    """Answer `METHOD /path` (without the version) by the routes, and 404 for any other."""

    def respond(exchange: Exchange) -> None:
        path = unquote(urlsplit(exchange.path).path).removeprefix(PREFIX)
        if path == "/version":
            exchange.answer_json(200, {"ApiVersion": API_VERSION, "Version": "20.10.24"})
        elif route := routes.get(f"{exchange.command} {path}"):
            route(exchange)
        else:
            said(404, "page not found")(exchange)

    with serving(respond, path=directory / "docker.sock") as running:
        yield running


def document(status: int, content: object) -> Route:
    return lambda exchange: exchange.answer_json(status, content)


def said(status: int, message: str) -> Route:
    """An error as the engine words it."""
    return document(status, {"message": message})


def nothing(status: int = 204) -> Route:
    return lambda exchange: exchange.answer(status)


def stream(*lines: object, then: Callable[[Exchange], object] | None = None) -> Route:
    """A stream of JSON lines, each a chunk; `then` takes the place of its proper end."""

    def respond(exchange: Exchange) -> None:
        exchange.start(200, **{"Transfer-Encoding": "chunked", "Content-Type": "application/json"})
        for line in lines:
            exchange.chunk(line if isinstance(line, str) else json.dumps(line) + "\r\n")
        if then is None:
            exchange.chunk("")
        else:
            then(exchange)

    return respond
