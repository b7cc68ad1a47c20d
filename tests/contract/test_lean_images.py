"""The image registry, asked for a manifest as the Docker engine asks it."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

import pytest

from contract.support.aws import REGION, point_at, role_credentials
from contract.support.http_server import Exchange, serving
from contract.support.ports import closed_port
from ladybug_agent.adapters.lean.aws import LeanAws
from ladybug_agent.adapters.lean.http import Limits
from ladybug_agent.adapters.lean.images import LeanImages, registry_address
from ladybug_agent.clock import SystemClock
from ladybug_agent.errors import ExternalFailure
from ladybug_lab.aws.server import LabAws

DIGEST = f"sha256:{'ab' * 32}"


@pytest.fixture
def images(aws: LabAws, monkeypatch: pytest.MonkeyPatch) -> LeanImages:
    point_at(aws.url, monkeypatch)
    limits = Limits(connect_s=1.0, total_s=2.0)
    return LeanImages(LeanAws(role_credentials, REGION, SystemClock()), SystemClock(), limits)


def registry(exchange: Exchange) -> None:
    given = base64.b64decode(exchange.headers["Authorization"].removeprefix("Basic ")).decode()
    if not given.startswith("AWS:"):
        exchange.answer(401)
    elif exchange.path == "/v2/graph-api/manifests/1.0":
        exchange.answer(200, "{}", **{"Docker-Content-Digest": DIGEST})
    elif exchange.path == "/v2/no-header/manifests/1.0":
        exchange.answer(200, "{}")
    elif exchange.path.startswith("/v2/forbidden/"):
        exchange.answer(403)
    else:
        exchange.answer(404)


def test_a_tag_is_resolved_with_the_login_of_ecr(images: LeanImages) -> None:
    with serving(registry) as server:
        host = urlsplit(server.url).netloc
        assert images.digest(f"{host}/graph-api", "1.0") == DIGEST
    assert "oci.image.index" in server.seen[0].headers["Accept"]


def test_a_registry_that_names_no_digest_is_believed_by_the_manifest(images: LeanImages) -> None:
    with serving(registry) as server:
        found = images.digest(f"{urlsplit(server.url).netloc}/no-header", "1.0")
    assert found == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@pytest.mark.parametrize(
    ("name", "code"), [("forbidden", "image_pull_denied"), ("unknown", "image_not_found")]
)
def test_a_refusal_is_told_apart_from_what_is_not_there(
    images: LeanImages, name: str, code: str
) -> None:
    with serving(registry) as server, pytest.raises(ExternalFailure) as failure:
        images.digest(f"{urlsplit(server.url).netloc}/{name}", "1.0")
    assert failure.value.code == code


def test_a_registry_that_is_out_of_order_says_so(images: LeanImages) -> None:
    with (
        serving(lambda exchange: exchange.answer(503)) as server,
        pytest.raises(ExternalFailure, match="503") as failure,
    ):
        images.digest(f"{urlsplit(server.url).netloc}/graph-api", "1.0")
    assert failure.value.code == "image_registry_unreachable"


def test_nobody_there_is_unreachable(images: LeanImages) -> None:
    with pytest.raises(ExternalFailure) as failure:
        images.digest(f"127.0.0.1:{closed_port()}/graph-api", "1.0")
    assert failure.value.code == "image_registry_unreachable"


def test_a_registry_elsewhere_is_asked_by_tls() -> None:
    address = registry_address("123456789012.dkr.ecr.eu-central-1.amazonaws.com")
    assert (address.tls, address.port) == (True, 443)
