"""Images by the engine's API, and an engine that is not there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contract.support.containers import DIGEST, ID, SPEC
from contract.support.docker_server import docker_engine, document, said
from contract.support.http_server import Exchange
from ladybug_agent.adapters.docker_engine import DockerEngine
from ladybug_agent.adapters.docker_words import ENGINE_HINT
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.containers import ImageFacts, RegistryLogin

REFERENCE = f"127.0.0.1:5000/graph-api@{DIGEST}"
INSPECT = f"GET /images/{REFERENCE}/json"
LOGIN = RegistryLogin(username="AWS", password="hush")


def test_an_image_is_described_by_its_id_digests_and_labels(tmp_path: Path) -> None:
    found = {"Id": "sha256:1", "RepoDigests": [REFERENCE], "Config": {"Labels": {"a": "b"}}}
    with docker_engine(tmp_path, {INSPECT: document(200, found)}) as engine:
        assert DockerEngine(engine.url).image(REFERENCE) == ImageFacts(
            image_id="sha256:1", repository_digests=(REFERENCE,), labels={"a": "b"}
        )


@pytest.mark.parametrize("config", [{}, {"Labels": None}, None])
def test_an_image_may_have_neither_labels_nor_digests(tmp_path: Path, config: object) -> None:
    found = {"Id": "sha256:1", "RepoDigests": None, "Config": config}
    with docker_engine(tmp_path, {INSPECT: document(200, found)}) as engine:
        image = DockerEngine(engine.url).image(REFERENCE)
    assert image == ImageFacts(image_id="sha256:1", repository_digests=(), labels={})


@pytest.mark.parametrize("words", [f"No such image: {REFERENCE}", f"{REFERENCE}: not found"])
def test_an_image_that_the_engine_does_not_have_is_none(tmp_path: Path, words: str) -> None:
    with docker_engine(tmp_path, {INSPECT: said(404, words)}) as engine:
        assert DockerEngine(engine.url).image(REFERENCE) is None


def test_a_tag_is_resolved_by_the_registry(tmp_path: Path) -> None:
    path = "GET /distribution/127.0.0.1:5000/graph-api:1/json"
    answer = document(200, {"Descriptor": {"digest": DIGEST}})
    with docker_engine(tmp_path, {path: answer}) as engine:
        assert DockerEngine(engine.url).resolve("127.0.0.1:5000/graph-api:1", LOGIN) == DIGEST
        assert engine.seen[-1].headers["X-Registry-Auth"]


@pytest.mark.parametrize(
    ("status", "words", "code"),
    [
        (401, "unauthorized: authentication required", "image_pull_denied"),
        (403, "errors:\ndenied: requested access to the resource is denied", "image_pull_denied"),
        (404, "manifest unknown: manifest unknown", "image_not_found"),
        (500, "dial tcp 127.0.0.1:5000: connect: connection refused", "image_registry_unreachable"),
    ],
)
def test_a_tag_that_cannot_be_resolved_is_told_as_a_pull_would_be(
    tmp_path: Path, status: int, words: str, code: str
) -> None:
    path = "GET /distribution/graph-api:1/json"
    with docker_engine(tmp_path, {path: said(status, words)}) as engine:
        with pytest.raises(ExternalFailure) as failure:
            DockerEngine(engine.url).resolve("graph-api:1", LOGIN)
        assert failure.value.code == code


QUESTIONS: list[Callable[[DockerEngine], object]] = [
    lambda engine: engine.image(REFERENCE),
    lambda engine: engine.resolve("graph-api:1", LOGIN),
    lambda engine: engine.container("graph-api-shared"),
    lambda engine: engine.run(SPEC),
    lambda engine: engine.stop(ID, grace_s=0),
    lambda engine: engine.remove(ID),
    lambda engine: engine.logs(ID, lines=1),
]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_an_engine_that_is_not_there_is_told_by_its_address(no_docker: str) -> None:
    for question in QUESTIONS:
        with pytest.raises(ExternalFailure, match=f"no Docker engine at {no_docker}") as failure:
            question(DockerEngine(no_docker))
        assert failure.value.code == "container_engine_unreachable"
        assert failure.value.hint == ENGINE_HINT


def test_an_engine_that_drops_the_connection_is_unreachable(tmp_path: Path) -> None:
    routes = {f"GET /containers/{ID}/json": Exchange.cut}
    with docker_engine(tmp_path, routes) as engine, pytest.raises(ExternalFailure) as failure:
        DockerEngine(engine.url).container(ID)
    assert failure.value.code == "container_engine_unreachable"


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_start_may_take_longer_than_other_calls_but_not_for_ever(tmp_path: Path) -> None:
    def late(exchange: Exchange) -> None:
        exchange.hold(1.0)

    with docker_engine(tmp_path, {f"POST /containers/{ID}/start": late}) as engine:
        with pytest.raises(ExternalFailure, match="gave no answer") as caught:
            DockerEngine(engine.url, start_timeout_s=0.3).start(ID)
        assert caught.value.code == "container_engine_unreachable"


def test_an_engine_that_comes_back_is_used_again(tmp_path: Path, no_docker: str) -> None:
    del no_docker  # for what it does afterwards
    address = DockerEngine(f"unix://{tmp_path}/docker.sock")
    with pytest.raises(ExternalFailure):
        address.container(ID)
    with docker_engine(tmp_path, {}):
        assert address.container(ID) is None
