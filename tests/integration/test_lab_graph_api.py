"""The lab's Graph API: the image is built, and run as the agent runs it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import ladybug
import pytest
from docker.models.containers import Container
from docker.types import Mount

from ladybug_lab.graph_api import image

pytestmark = pytest.mark.integration

START_TIMEOUT_S = 15.0


@pytest.fixture(scope="module")
def engine() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture(scope="module")
def image_id(engine: docker.DockerClient) -> Iterator[str]:
    built = image.build_image(engine, f"lab-test/{uuid.uuid4().hex}:1", labels={"purpose": "test"})
    yield built
    engine.images.remove(built, force=True)


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("databases")
    directory.chmod(0o755)  # the container's user reads it
    with (
        ladybug.Database(directory / "sec.lbug", buffer_pool_size=64 * 2**20) as database,
        ladybug.Connection(database) as connection,
    ):
        connection.execute("CREATE NODE TABLE Filing(name STRING PRIMARY KEY, year INT64)")
        connection.execute("CREATE (:Filing {name: '10-K', year: 2025})")
    return directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A started container and its port on this machine."""

    container: Container
    port: int

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def await_health(self, wanted: int) -> Any:
        give_up = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < give_up:
            with contextlib.suppress(OSError, http.client.HTTPException):
                status, answer = self.ask("GET", "/health")
                if status == wanted:
                    return answer
            time.sleep(0.02)
        pytest.fail(f"/health never said {wanted}: {self.container.logs().decode()}")

    def ask_until_connected(self, path: str) -> None:
        give_up = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < give_up:
            # Docker's proxy takes connections before the container listens, and drops them.
            with contextlib.suppress(ConnectionError):
                self.ask("GET", path)

    def seconds_to_end(self) -> float:
        begun = time.monotonic()
        self.container.kill("SIGTERM")
        assert self.await_end()[0] == 0
        return time.monotonic() - begun

    def await_end(self) -> tuple[int, str]:
        status = self.container.wait(timeout=START_TIMEOUT_S)["StatusCode"]
        return status, self.container.logs().decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """Starts containers of the image over a directory."""

    engine: docker.DockerClient
    image_id: str
    databases: Path

    @contextlib.contextmanager
    def run(
        self, databases: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> Iterator[Running]:
        source = str(databases or self.databases)
        container = self.engine.containers.run(
            self.image_id,
            detach=True,
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            tmpfs={"/tmp": "size=16m"},
            mounts=[Mount(image.DATABASES, source, type="bind", read_only=True)],
            ports={f"{image.PORT}/tcp": ("127.0.0.1", 0)},
            mem_limit="512m",
            environment=dict(environment or {}),
        )
        try:
            container.reload()
            bound = container.ports.get(f"{image.PORT}/tcp") or [{"HostPort": "0"}]
            yield Running(container=container, port=int(bound[0]["HostPort"]))
        finally:
            container.remove(force=True)


@pytest.fixture
def readable_path(tmp_path: Path) -> Path:
    tmp_path.chmod(0o755)
    return tmp_path


@pytest.fixture
def api(engine: docker.DockerClient, image_id: str, databases: Path) -> Api:
    return Api(engine=engine, image_id=image_id, databases=databases)


def test_the_image_says_what_it_is(engine: docker.DockerClient, image_id: str) -> None:
    labels = engine.images.get(image_id).labels
    assert labels[image.STORAGE_VERSIONS_LABEL] == f"40-{ladybug.storage_version}"
    assert labels[image.FINGERPRINT_LABEL] == image.fingerprint()
    assert labels["purpose"] == "test"


def test_a_replica_serves_what_the_volume_holds(api: Api) -> None:
    with api.run(environment={"INSTANCE_ID": "i-0123456789abcdef0"}) as running:
        health = running.await_health(200)
        assert (health["status"], health["database_count"]) == ("healthy", 1)
        _, info = running.ask("GET", "/info")
        assert info["node_id"] == "i-0123456789abcdef0"
        assert (info["databases"], info["read_only"]) == (["sec"], True)
        question = {
            "cypher": "MATCH (f:Filing) WHERE f.year > $year RETURN f.name AS name, f.year",
            "parameters": {"year": 2000},
        }
        answer = {"columns": ["name", "f.year"], "rows": [["10-K", 2025]]}
        assert running.ask("POST", "/databases/sec/query", question) == (200, answer)


def test_writes_and_nonsense_are_refused_with_the_reason(api: Api) -> None:
    with api.run() as running:
        running.await_health(200)
        for cypher, reason in [
            ("CREATE (:Filing {name: '8-K'})", "read-only database"),
            ("MATCH (f", "Parser exception"),
            ("UNWIND range(1, 20000) AS row RETURN row", "LIMIT"),
        ]:
            status, answer = running.ask("POST", "/databases/sec/query", {"cypher": cypher})
            assert (status, reason in answer["error"]) == (400, True), answer
        assert running.ask("POST", "/databases/sec/query", ["no"])[0] == 400
        assert running.ask("POST", "/databases/none/query", {"cypher": "RETURN 1"})[0] == 404
        assert running.ask("POST", "/databases/sec/query", "x" * 70_000)[0] == 413


def test_while_a_database_opens_it_says_so_and_ends_at_once_when_told(
    api: Api, readable_path: Path
) -> None:
    os.mkfifo(readable_path / "sec.lbug")  # the engine waits in it, and holds Python's lock
    with api.run(readable_path) as running:
        assert running.await_health(503) == {"status": "unhealthy", "reason": "opening"}
        assert running.seconds_to_end() < 2


def test_a_serving_replica_ends_at_once_when_told(api: Api) -> None:
    with api.run() as running:
        running.await_health(200)
        assert running.seconds_to_end() < 2


def test_a_damaged_database_ends_the_start_with_one_clear_line(
    api: Api, readable_path: Path
) -> None:
    (readable_path / "sec.lbug").write_bytes(b"not a database" * 1000)
    with api.run(readable_path) as running:
        status, log = running.await_end()
    assert status == 1
    assert log.startswith("cannot open database /app/data/lbug-dbs/sec.lbug: ")
    assert log.count("\n") == 1


def test_fault_exit_ends_with_two_lines_in_the_log(api: Api) -> None:
    with api.run(environment={"LAB_FAULT": "exit"}) as running:
        status, log = running.await_end()
    assert (status, log.count("\n")) == (3, 2)


def test_fault_slow_open_waits_first(api: Api) -> None:
    with api.run(environment={"LAB_FAULT": "slow-open:60"}) as running:
        assert running.await_health(503)["reason"] == "opening"


def test_fault_no_databases_is_healthy_and_counts_none(api: Api) -> None:
    with api.run(environment={"LAB_FAULT": "no-databases"}) as running:
        assert running.await_health(200)["database_count"] == 0


def test_fault_writable_info_contradicts_the_configuration(api: Api) -> None:
    with api.run(environment={"LAB_FAULT": "writable-info"}) as running:
        running.await_health(200)
        assert running.ask("GET", "/info")[1]["read_only"] is False


def test_fault_unhealthy_names_itself(api: Api) -> None:
    with api.run(environment={"LAB_FAULT": "unhealthy"}) as running:
        give_up = time.monotonic() + START_TIMEOUT_S
        while running.await_health(503)["reason"] != "LAB_FAULT=unhealthy":
            assert time.monotonic() < give_up


def test_fault_garbage_is_not_json(api: Api) -> None:
    fault = {"LAB_FAULT": "garbage"}
    with api.run(environment=fault) as running, pytest.raises(json.JSONDecodeError):
        running.await_health(200)


def test_fault_hang_accepts_and_never_answers(api: Api) -> None:
    fault = {"LAB_FAULT": "hang"}
    with api.run(environment=fault) as running, pytest.raises(TimeoutError):
        running.ask_until_connected("/health")
