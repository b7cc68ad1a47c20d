"""The network as a diagnosis tries it: names, answers, certificates, the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract.support.aws import REGION, point_at
from contract.support.http_server import Exchange, serving
from contract.support.ports import closed_port, silent_port
from contract.support.timing import ends_within
from contract.support.tls_server import serving_tls
from ladybug_agent.adapters.lean.reach import LeanReach
from ladybug_agent.clock import SystemClock
from ladybug_agent.errors import ExternalFailure
from ladybug_lab.aws.server import LabAws


@pytest.fixture
def reach() -> LeanReach:
    return LeanReach(SystemClock())


def saying(text: str) -> Callable[[Exchange], None]:
    def respond(exchange: Exchange) -> None:
        exchange.write(text)
        exchange.cut()

    return respond


def test_a_name_has_an_address(reach: LeanReach) -> None:
    assert reach.resolve("localhost") in {"127.0.0.1", "::1"}


def test_an_address_is_its_own_name(reach: LeanReach) -> None:
    assert reach.resolve("127.0.0.9") == "127.0.0.9"


def test_a_name_that_nobody_has_is_told(reach: LeanReach) -> None:
    with ends_within(1.5), pytest.raises(ExternalFailure, match=r"nobody\.invalid") as failure:
        reach.resolve("nobody.invalid")
    assert failure.value.code == "name_not_resolved"


def test_any_answer_is_an_answer_and_has_the_time(aws: LabAws, reach: LeanReach) -> None:
    found = reach.ask(aws.url)
    assert found.ahead_s is not None
    assert abs(found.ahead_s) < 3


@pytest.mark.parametrize("ahead_s", [-4000, 900])
def test_another_clock_is_seen_by_its_date(aws: LabAws, reach: LeanReach, ahead_s: float) -> None:
    aws.set_clock(ahead_s=ahead_s)
    found = reach.ask(aws.url)
    assert found.ahead_s == pytest.approx(ahead_s, abs=3)


def test_an_answer_without_a_date_tells_no_time(reach: LeanReach) -> None:
    with serving(saying("HTTP/1.1 404 Not Found\r\nDate: soon\r\n\r\n")) as server:
        assert reach.ask(server.url).ahead_s is None


def test_nobody_there_has_no_connection(reach: LeanReach) -> None:
    with pytest.raises(ExternalFailure, match="found no connection") as failure:
        reach.ask(f"http://127.0.0.1:{closed_port()}")
    assert failure.value.code == "aws_unreachable"


def test_what_is_no_http_is_told(reach: LeanReach) -> None:
    with (
        serving(saying("SSH-2.0-x\r\n\r\n\r\n")) as server,
        pytest.raises(ExternalFailure, match="no HTTP"),
    ):
        reach.ask(server.url)


@pytest.mark.thorough
def test_a_firewall_that_drops_is_given_up_in_time(reach: LeanReach) -> None:
    with silent_port() as port, ends_within(1.5), pytest.raises(ExternalFailure) as failure:
        reach.ask(f"http://127.0.0.1:{port}")
    assert "no answer in time" in str(failure.value)


@pytest.mark.thorough
def test_a_half_open_endpoint_is_given_up_in_two_seconds(reach: LeanReach) -> None:
    def hold(exchange: Exchange) -> None:
        exchange.hold(30)

    with (
        serving(hold) as server,
        ends_within(2.5),
        pytest.raises(ExternalFailure, match="no answer in time"),
    ):
        reach.ask(server.url)


def test_a_service_that_speaks_no_tls_is_told(aws: LabAws, reach: LeanReach) -> None:
    with pytest.raises(ExternalFailure, match="no TLS"):
        reach.ask(aws.url.replace("http:", "https:"))


def test_an_endpoint_is_redirected_as_for_the_sdks(
    reach: LeanReach, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at("http://127.0.0.1:7", monkeypatch)
    assert reach.endpoint_url("ecr", REGION) == "http://127.0.0.1:7"
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert reach.endpoint_url("ecr", REGION) == "https://api.ecr.us-east-1.amazonaws.com"


def test_the_kernel_says_whether_its_clock_follows_a_server(reach: LeanReach) -> None:
    assert reach.is_clock_synchronized() in {True, False}


@pytest.mark.parametrize(("first", "last"), [(-9, -8), (8, 9)], ids=["expired", "not yet valid"])
def test_a_certificate_of_another_time_is_the_clock_s_fault(
    reach: LeanReach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: int, last: int
) -> None:
    now, day = datetime.now(UTC), timedelta(days=1)
    with serving_tls(tmp_path, now + first * day, now + last * day) as (url, certificate):
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
        with pytest.raises(ExternalFailure, match="not valid at this instance's time") as failure:
            reach.ask(url)
    assert failure.value.code == "clock_skewed"


def test_a_certificate_that_nobody_trusts_is_a_proxy_s(reach: LeanReach, tmp_path: Path) -> None:
    now, day = datetime.now(UTC), timedelta(days=1)
    with (
        serving_tls(tmp_path, now - day, now + day) as (url, _),
        pytest.raises(ExternalFailure, match="not trusted") as failure,
    ):
        reach.ask(url)
    assert "AWS_CA_BUNDLE" in failure.value.hint
