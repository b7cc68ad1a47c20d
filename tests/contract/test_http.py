"""Asking the local service, which may answer badly, late or for ever."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from contract.support.http_server import Exchange, serving
from contract.support.ports import closed_port, silent_port
from contract.support.timing import ends_within
from ladybug_agent.adapters.http import BODY_BYTES, TOTAL_TIMEOUT_S, ServiceHttp
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.errors import NotYet
from ladybug_agent.model import HttpReply

Responder = Callable[[Exchange], None]
DRIP_S = 0.25


@pytest.fixture
def http() -> ServiceHttp:
    return ServiceHttp(SystemClock())


def drip(exchange: Exchange) -> None:
    """Announce 1,000 bytes and send four a second."""
    exchange.start(200, **{"Content-Length": "1000"})
    while exchange.hold(DRIP_S):
        exchange.write("x")


def drip_chunks(exchange: Exchange) -> None:
    exchange.start(200, **{"Transfer-Encoding": "chunked"})
    while exchange.hold(DRIP_S):
        exchange.chunk("x")


def stall(exchange: Exchange) -> None:
    exchange.start(200, **{"Content-Length": "1000"})
    exchange.write("the beginning")
    exchange.hold(30)


def hush(exchange: Exchange) -> None:
    exchange.hold(30)


def cut(exchange: Exchange) -> None:
    exchange.start(200, **{"Content-Length": "1000"})
    exchange.write("the beginning")
    exchange.cut()


def test_status_and_body_come_back(http: ServiceHttp) -> None:
    with serving(lambda exchange: exchange.answer(200, '{"status": "healthy"}')) as server:
        reply = http.get(f"{server.url}/health")
    assert reply == HttpReply(status=200, body=b'{"status": "healthy"}')
    assert [(seen.method, seen.path) for seen in server.seen] == [("GET", "/health")]


@pytest.mark.parametrize("status", [404, 500, 503])
def test_an_answer_is_an_answer_whatever_its_status(http: ServiceHttp, status: int) -> None:
    with serving(lambda exchange: exchange.answer(status, "still starting")) as server:
        assert http.get(server.url) == HttpReply(status=status, body=b"still starting")


def test_a_body_in_chunks_is_put_together(http: ServiceHttp) -> None:
    def respond(exchange: Exchange) -> None:
        exchange.start(200, **{"Transfer-Encoding": "chunked"})
        for part in ("one ", "two", ""):
            exchange.chunk(part)

    with serving(respond) as server:
        assert http.get(server.url).body == b"one two"


def test_a_compressed_body_is_expanded(http: ServiceHttp) -> None:
    packed = gzip.compress(b"text " * 1000)
    encoding = {"Content-Encoding": "gzip"}
    with serving(lambda exchange: exchange.answer(200, packed, **encoding)) as server:
        assert http.get(server.url).body == b"text " * 1000


def test_an_empty_body_is_empty(http: ServiceHttp) -> None:
    with serving(lambda exchange: exchange.answer(200)) as server:
        assert http.get(server.url) == HttpReply(status=200, body=b"")


def test_a_redirect_is_not_followed(http: ServiceHttp) -> None:
    with serving(lambda exchange: exchange.answer(302, Location="/elsewhere")) as server:
        assert http.get(server.url).status == 302
        assert len(server.seen) == 1


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_in_the_environment_is_ignored(
    http: ServiceHttp, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, f"http://127.0.0.1:{closed_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with serving(lambda exchange: exchange.answer(200, "direct")) as server:
        assert http.get(server.url).body == b"direct"


def test_a_big_body_is_cut(http: ServiceHttp) -> None:
    with serving(lambda exchange: exchange.answer(200, b"x" * 3 * BODY_BYTES)) as server:
        assert http.get(server.url).body == b"x" * BODY_BYTES


def test_a_body_without_end_is_cut(http: ServiceHttp) -> None:
    def respond(exchange: Exchange) -> None:
        exchange.start(200, **{"Transfer-Encoding": "chunked"})
        while exchange.hold(0):
            exchange.chunk("x" * 1000)

    with serving(respond) as server, ends_within(1):
        assert len(http.get(server.url).body) == BODY_BYTES


def test_one_session_asks_again_and_again(http: ServiceHttp) -> None:
    with serving(lambda exchange: exchange.answer(200, exchange.path)) as server:
        assert [http.get(server.url + path).body for path in ("/a", "/b")] == [b"/a", b"/b"]


def test_a_refused_connection_is_said_to_be_unreachable(http: ServiceHttp) -> None:
    with ends_within(1), pytest.raises(NotYet, match="nothing answers at http") as failure:
        http.get(f"http://127.0.0.1:{closed_port()}/health")
    assert failure.value.code == "health_unreachable"


@pytest.mark.parametrize("respond", [cut, Exchange.cut], ids=["in the body", "before a word"])
def test_a_dropped_connection_is_said_to_be_unreachable(
    http: ServiceHttp, respond: Responder
) -> None:
    with serving(respond) as server, pytest.raises(NotYet) as failure:
        http.get(server.url)
    assert failure.value.code == "health_unreachable"


def code_of_giving_up(url: str) -> str:
    with ends_within(TOTAL_TIMEOUT_S + 1), pytest.raises(NotYet) as failure:
        ServiceHttp(SystemClock()).get(url)
    return failure.value.code


@pytest.mark.thorough
def test_what_does_not_end_is_given_up_in_time() -> None:
    """Five ways not to end, all at the same time: each takes all of the patience there is."""
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(way)) for way in (drip, drip_chunks, stall, hush)]
        silent = f"http://127.0.0.1:{stack.enter_context(silent_port())}"
        urls = [silent, *(server.url for server in servers)]
        with ThreadPoolExecutor(len(urls)) as pool:
            assert list(pool.map(code_of_giving_up, urls)) == ["health_timeout"] * len(urls)


def post(http: ServiceHttp, url: str, *, within_s: float = 10.0, body: bytes = b"{}") -> HttpReply:
    return http.post(url, body, Deadline.after(within_s, SystemClock()))


def test_what_is_posted_arrives_as_json(http: ServiceHttp) -> None:
    def respond(exchange: Exchange) -> None:
        said = (exchange.headers["Content-Type"], exchange.body)
        exchange.answer(200, repr(said))

    with serving(respond) as server:
        reply = post(http, f"{server.url}/databases/sec/query", body=b'{"cypher": "RETURN 1"}')
    assert reply.body == repr(("application/json", b'{"cypher": "RETURN 1"}')).encode()
    assert [(seen.method, seen.path) for seen in server.seen] == [("POST", "/databases/sec/query")]


@pytest.mark.parametrize("status", [302, 400, 404, 500])
def test_an_answer_to_a_post_is_an_answer_whatever_its_status(
    http: ServiceHttp, status: int
) -> None:
    with serving(lambda exchange: exchange.answer(status, "no", Location="/elsewhere")) as server:
        assert post(http, server.url).status == status
        assert len(server.seen) == 1


@pytest.mark.thorough
def test_a_query_may_take_longer_than_a_health_check(http: ServiceHttp) -> None:
    def respond(exchange: Exchange) -> None:
        exchange.hold(TOTAL_TIMEOUT_S + 0.5)
        exchange.answer(200, "at last")

    with serving(respond) as server:
        assert post(http, server.url).body == b"at last"


@pytest.mark.thorough
@pytest.mark.parametrize("respond", [drip, stall, hush])
def test_a_query_is_given_up_at_its_deadline(http: ServiceHttp, respond: Responder) -> None:
    with serving(respond) as server, ends_within(4), pytest.raises(NotYet) as failure:
        post(http, server.url, within_s=1.5)
    assert failure.value.code == "health_timeout"


def test_nobody_to_post_to_is_said_to_be_unreachable(http: ServiceHttp) -> None:
    with ends_within(2), pytest.raises(NotYet) as failure:
        post(http, f"http://127.0.0.1:{closed_port()}/databases/sec/query")
    assert failure.value.code == "health_unreachable"


def test_a_deadline_that_is_over_is_no_answer(http: ServiceHttp) -> None:
    with serving(hush) as server, ends_within(2), pytest.raises(NotYet):
        post(http, server.url, within_s=-1.0)
