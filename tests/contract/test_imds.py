"""The metadata client's session: tokens, endpoints, time-outs, and what an answer means."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from contract.support.http_server import Exchange, serving
from contract.support.ports import closed_port, silent_port
from contract.support.timing import ends_within
from ladybug_agent.adapters.imds import TIMEOUT_S, Imds
from ladybug_agent.adapters.imds_endpoints import IPV4_ENDPOINT, IPV6_ENDPOINT, endpoints
from ladybug_agent.errors import ExternalFailure, NotYet
from ladybug_lab.imds.server import LabImds

INSTANCE_ID = "meta-data/instance-id"
PATH = f"/latest/{INSTANCE_ID}"
TOKEN_PATH = "/latest/api/token"
ONE_ENDPOINT_S = sum(TIMEOUT_S) + 1


@pytest.fixture
def client(imds: LabImds) -> Imds:
    return Imds((imds.endpoint,))


def has_ipv6_loopback() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def dead_endpoint() -> str:
    return f"http://127.0.0.1:{closed_port()}"


def test_one_token_serves_every_request(imds: LabImds, client: Imds) -> None:
    assert client.get(INSTANCE_ID) == imds.facts.instance_id
    assert client.get("meta-data/mac") == imds.facts.mac
    assert imds.requests == [
        ("PUT", TOKEN_PATH, 200),
        ("GET", PATH, 200),
        ("GET", "/latest/meta-data/mac", 200),
    ]


def test_what_does_not_exist_is_none(client: Imds) -> None:
    assert client.get("meta-data/spot/instance-action") is None


def test_an_expired_token_is_replaced_by_one_new_one(imds: LabImds, client: Imds) -> None:
    client.get(INSTANCE_ID)
    imds.expire_tokens()
    imds.requests.clear()
    assert client.get(INSTANCE_ID) == imds.facts.instance_id
    assert imds.requests == [("GET", PATH, 401), ("PUT", TOKEN_PATH, 200), ("GET", PATH, 200)]


def test_a_second_refusal_of_the_token_is_an_error(imds: LabImds, client: Imds) -> None:
    imds.faults.add(PATH, status=401)
    with pytest.raises(ExternalFailure, match="refused meta-data/instance-id with 401") as failure:
        client.get(INSTANCE_ID)
    assert failure.value.code == "imds_refused"
    assert [request.method for request in imds.requests] == ["PUT", "GET", "PUT", "GET"]


@pytest.mark.parametrize("path", [TOKEN_PATH, PATH])
def test_a_refusal_is_final_and_names_the_launch_template(
    imds: LabImds, client: Imds, path: str
) -> None:
    imds.faults.add(path, status=403)
    with pytest.raises(ExternalFailure) as failure:
        client.get(INSTANCE_ID)
    assert (failure.value.code, failure.value.facts) == ("imds_refused", {"status": 403})
    assert "MetadataOptions" in failure.value.hint


@pytest.mark.parametrize("path", [TOKEN_PATH, PATH])
@pytest.mark.parametrize("status", [500, 503])
def test_a_fault_of_the_service_is_worth_waiting_for(
    imds: LabImds, client: Imds, path: str, status: int
) -> None:
    imds.faults.add(path, status=status, times=1)
    with pytest.raises(NotYet) as failure:
        client.get(INSTANCE_ID)
    assert failure.value.code == "imds_unavailable"
    assert client.get(INSTANCE_ID) == imds.facts.instance_id


@pytest.mark.parametrize("path", [TOKEN_PATH, PATH])
def test_an_empty_answer_is_an_error(imds: LabImds, client: Imds, path: str) -> None:
    imds.faults.add(path, body=" \n")
    with pytest.raises(ExternalFailure, match="with an empty body") as failure:
        client.get(INSTANCE_ID)
    assert failure.value.code == "imds_empty_answer"


def test_a_redirect_is_not_followed(imds: LabImds, client: Imds) -> None:
    with pytest.raises(ExternalFailure, match="with 301") as failure:
        client.get("meta-data/block-device-mapping")
    assert failure.value.code == "imds_refused"
    assert len(imds.requests) == 2


def test_a_refused_connection_is_worth_waiting_for() -> None:
    with ends_within(1), pytest.raises(NotYet, match="does not answer at http") as failure:
        Imds((dead_endpoint(),)).get(INSTANCE_ID)
    assert failure.value.code == "imds_unreachable"


@pytest.mark.parametrize("path", [TOKEN_PATH, PATH])
def test_a_dropped_connection_is_worth_waiting_for(imds: LabImds, client: Imds, path: str) -> None:
    imds.faults.add(path, drop=True, times=1)
    with pytest.raises(NotYet) as failure:
        client.get(INSTANCE_ID)
    assert failure.value.code == "imds_unreachable"
    assert client.get(INSTANCE_ID) == imds.facts.instance_id


@pytest.mark.thorough
def test_silence_is_given_up_in_time(imds: LabImds) -> None:
    """A slow service and a dropping firewall, at the same time."""
    imds.faults.add(PATH, delay_s=30)

    def ask(endpoint: str) -> str:
        with ends_within(ONE_ENDPOINT_S), pytest.raises(NotYet) as failure:
            Imds((endpoint,)).get(INSTANCE_ID)
        return failure.value.code

    with silent_port() as port, ThreadPoolExecutor(2) as pool:
        answers = pool.map(ask, (imds.endpoint, f"http://127.0.0.1:{port}"))
        assert list(answers) == ["imds_unreachable"] * 2


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_in_the_environment_is_ignored(
    imds: LabImds, client: Imds, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, dead_endpoint())
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert client.get(INSTANCE_ID) == imds.facts.instance_id


@pytest.mark.skipif(not has_ipv6_loopback(), reason="this machine has no ::1")
def test_the_ipv6_endpoint_is_used_where_the_ipv4_one_is_dead() -> None:
    with LabImds(host="::1") as second:
        client = Imds((dead_endpoint(), second.endpoint))
        assert client.get(INSTANCE_ID) == second.facts.instance_id
        assert client.get("meta-data/mac") == second.facts.mac
        assert [request.method for request in second.requests] == ["PUT", "GET", "GET"]


def test_the_endpoint_that_answered_first_is_kept(imds: LabImds) -> None:
    with LabImds() as other:
        client = Imds((imds.endpoint, other.endpoint))
        client.get(INSTANCE_ID)
        client.get("meta-data/mac")
        assert other.requests == []


def test_all_endpoints_dead_is_worth_waiting_for() -> None:
    last = dead_endpoint()
    with pytest.raises(NotYet, match=last) as failure:
        Imds((dead_endpoint(), last)).get(INSTANCE_ID)
    assert failure.value.code == "imds_unreachable"


def test_version_1_is_never_tried(imds: LabImds, client: Imds) -> None:
    imds.faults.add(TOKEN_PATH, status=404)
    with pytest.raises(ExternalFailure) as failure:
        client.get(INSTANCE_ID)
    assert failure.value.code == "imds_refused"
    assert [request.method for request in imds.requests] == ["PUT"]


def test_a_token_is_asked_for_with_the_longest_lifetime() -> None:
    with serving(lambda exchange: exchange.answer(200, "text")) as server:
        Imds((server.url,)).get(INSTANCE_ID)
    asked, got = server.seen
    assert asked.headers["X-aws-ec2-metadata-token-ttl-seconds"] == "21600"
    assert got.headers["X-aws-ec2-metadata-token"] == "text"


def test_an_answer_cut_in_the_middle_is_worth_waiting_for() -> None:
    def half(exchange: Exchange) -> None:
        exchange.start(200, **{"Content-Length": "99"})
        exchange.write("i-0123")
        exchange.cut()

    with serving(half) as server, pytest.raises(NotYet) as failure:
        Imds((server.url,)).get(INSTANCE_ID)
    assert failure.value.code == "imds_unreachable"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, (IPV4_ENDPOINT, IPV6_ENDPOINT)),
        ({"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv4"}, (IPV4_ENDPOINT,)),
        ({"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "ipv6"}, (IPV6_ENDPOINT,)),
        (
            {
                "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://[::1]:1338/",
                "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv4",
            },
            ("http://[::1]:1338",),
        ),
    ],
)
def test_the_endpoints_are_chosen_as_the_aws_tools_choose_them(
    environment: dict[str, str], expected: tuple[str, ...]
) -> None:
    assert endpoints(environment) == expected


def test_the_endpoint_of_the_environment_is_used(
    imds: LabImds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.endpoint + "/")
    assert Imds().get(INSTANCE_ID) == imds.facts.instance_id
