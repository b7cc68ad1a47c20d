"""The lab's registry: the real program, with a real Docker engine as its client."""

from __future__ import annotations

import http.client
import io
import os
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from ladybug_lab.errors import LabError
from ladybug_lab.registry import LabRegistry

pytestmark = pytest.mark.integration

USERNAME = "AWS"
PASSWORD = "123456789012-auth-token"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[LabRegistry]:
    started = LabRegistry.start(tmp_path, username=USERNAME, password=PASSWORD)
    yield started
    started.stop()


@pytest.fixture
def engine() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    yield client
    client.close()


def tiny_layer() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entry = tarfile.TarInfo(uuid.uuid4().hex)
        tar.addfile(entry)
    return buffer.getvalue()


def test_an_image_outlives_a_restart_under_the_same_name(
    registry: LabRegistry, engine: docker.DockerClient
) -> None:
    repository = f"{registry.host}/{uuid.uuid4().hex}"
    login = {"username": USERNAME, "password": PASSWORD}
    engine.api.import_image_from_data(tiny_layer(), repository=repository, tag="one")
    try:
        pushed = engine.images.push(repository, "one", auth_config=login, stream=True, decode=True)
        digest = next(line["aux"]["Digest"] for line in pushed if "aux" in line)
    finally:
        engine.images.remove(f"{repository}:one")
    registry.stop()
    again = LabRegistry.start(
        registry.directory, username=USERNAME, password=PASSWORD, port=registry.port
    )
    try:
        pulled = engine.images.pull(f"{repository}@{digest}", auth_config=login)
        engine.images.remove(str(pulled.id))
    finally:
        again.stop()


def test_a_client_without_the_password_is_turned_away(registry: LabRegistry) -> None:
    connection = http.client.HTTPConnection(registry.host, timeout=2)
    connection.request("GET", "/v2/")
    assert connection.getresponse().status == http.client.UNAUTHORIZED
    connection.close()


def test_a_port_in_use_is_refused_and_nothing_is_started(
    registry: LabRegistry, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    with pytest.raises(LabError, match="Address already in use"):
        LabRegistry.start(other, username=USERNAME, password=PASSWORD, port=registry.port)
    assert list(other.iterdir()) == []


def test_a_stored_registry_can_be_stopped_by_its_fields(registry: LabRegistry) -> None:
    found = LabRegistry(directory=registry.directory, port=registry.port, pid=registry.pid)
    assert found.is_running()
    found.stop()
    assert not registry.is_running()


def test_a_process_that_took_over_the_number_is_not_stopped(registry: LabRegistry) -> None:
    LabRegistry(directory=registry.directory, port=registry.port, pid=os.getpid()).stop()
    LabRegistry(directory=Path("/elsewhere"), port=registry.port, pid=registry.pid).stop()
    assert registry.is_running()
