"""The health check's own HTTP: good answers of every framing, and bad ones within the time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contract.support.http_server import Exchange, serving
from contract.support.ports import closed_port, silent_port
from contract.support.timing import ends_within
from ladybug_agent.adapters.lean.http import Ask, Limits, exchange, parse_url
from ladybug_agent.adapters.lean.names import resolve
from ladybug_agent.adapters.lean.reading import GarbledReplyError, Reply
from ladybug_agent.adapters.lean.service import LeanServiceHttp
from ladybug_agent.clock import SystemClock
from ladybug_agent.errors import NotYet

Responder = Callable[[Exchange], None]
DRIP_S = 0.1
SHORT = Limits(connect_s=0.5, total_s=1.0)


def ask(respond: Responder, limits: Limits = SHORT, asked: Ask | None = None) -> Reply:
    with serving(respond) as server:
        address, path = parse_url(f"{server.url}/health")
        return exchange(address, asked or Ask(path=path), limits, SystemClock())


def chunked(*parts: str) -> Responder:
    def respond(exchange: Exchange) -> None:
        exchange.start(200, **{"Transfer-Encoding": "chunked"})
        for part in parts:
            exchange.chunk(part)
        exchange.chunk("")

    return respond


def until_the_end(exchange: Exchange) -> None:
    exchange.start(200)
    exchange.write("all of it")
    exchange.cut()


@pytest.mark.parametrize(
    "respond",
    [lambda e: e.answer(200, "all of it"), chunked("all ", "of", " it"), until_the_end],
    ids=["length", "chunks", "until the end"],
)
def test_a_body_comes_back_whole(respond: Responder) -> None:
    reply = ask(respond)
    assert (reply.status, reply.body) == (200, b"all of it")


def test_what_is_asked_arrives() -> None:
    with serving(lambda exchange: exchange.answer(200, exchange.body)) as server:
        address, _ = parse_url(server.url)
        asked = Ask(method="POST", path="/a?b=c", headers={"X-One": "1"}, body=b"hello")
        assert exchange(address, asked, SHORT, SystemClock()).body == b"hello"
    (seen,) = server.seen
    assert (seen.method, seen.path, seen.headers["X-One"]) == ("POST", "/a?b=c", "1")
    assert seen.headers["Host"] == server.url.removeprefix("http://")


def test_a_redirect_is_an_answer_like_any_other() -> None:
    with serving(lambda e: e.answer(302, Location="/elsewhere")) as server:
        address, _ = parse_url(server.url)
        reply = exchange(address, Ask(path="/health"), SHORT, SystemClock())
    assert (reply.status, [seen.path for seen in server.seen]) == (302, ["/health"])


def test_no_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    assert ask(lambda exchange: exchange.answer(200)).status == 200


def test_a_large_body_is_cut() -> None:
    limits = Limits(connect_s=0.5, total_s=1.0, body_bytes=10)
    assert ask(lambda exchange: exchange.answer(200, "x" * 100), limits).body == b"x" * 10


def drip_headers(exchange: Exchange) -> None:
    exchange.write("HTTP/1.1 200 OK\r\n")
    while exchange.hold(DRIP_S):
        exchange.write("X-Drip: 1\r\n")


def drip_body(exchange: Exchange) -> None:
    exchange.start(200, **{"Content-Length": "1000"})
    while exchange.hold(DRIP_S):
        exchange.write("x")


def drip_chunks(exchange: Exchange) -> None:
    exchange.start(200, **{"Transfer-Encoding": "chunked"})
    while exchange.hold(DRIP_S):
        exchange.chunk("x")


def hush(exchange: Exchange) -> None:
    exchange.hold(30)


@pytest.mark.thorough
@pytest.mark.parametrize("respond", [drip_headers, drip_body, drip_chunks, hush])
def test_the_limit_is_for_all_of_it(respond: Responder) -> None:
    with ends_within(1.5), pytest.raises(TimeoutError):
        ask(respond)


def test_a_connection_that_nobody_accepts_has_a_limit_of_its_own() -> None:
    limits = Limits(connect_s=0.5, total_s=30)
    with silent_port() as port, ends_within(1.0):
        address, _ = parse_url(f"http://127.0.0.1:{port}")
        with pytest.raises(TimeoutError):
            exchange(address, Ask(path="/"), limits, SystemClock())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "220 ftp.example.com ready\r\n\r\n",
        "HTTP/1.1 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nX: 1",
    ],
)
def test_what_is_no_answer_is_garbled(text: str) -> None:
    def respond(exchange: Exchange) -> None:
        exchange.write(text)
        exchange.cut()

    with pytest.raises(GarbledReplyError):
        ask(respond)


def test_headers_without_an_end_are_given_up() -> None:
    def respond(exchange: Exchange) -> None:
        exchange.write("HTTP/1.1 200 OK\r\n")
        for _ in range(100):
            exchange.write("X-Long: " + "y" * 1000 + "\r\n")
        exchange.hold(30)

    with pytest.raises(GarbledReplyError):
        ask(respond)


def test_a_name_that_does_not_exist_is_an_error_of_the_system() -> None:
    with pytest.raises(OSError, match=r"."):
        resolve("no-such-host.invalid", 80, 20.0)


@pytest.mark.thorough
@pytest.mark.parametrize("respond", [hush, drip_headers])
def test_a_service_that_hangs_is_late_within_three_seconds(respond: Responder) -> None:
    with serving(respond) as server, ends_within(3.5), pytest.raises(NotYet) as late:
        LeanServiceHttp(SystemClock()).get(f"{server.url}/health")
    assert late.value.code == "health_timeout"


def test_a_service_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(NotYet) as gone:
        LeanServiceHttp(SystemClock()).get(f"http://127.0.0.1:{closed_port()}/health")
    assert gone.value.code == "health_unreachable"
