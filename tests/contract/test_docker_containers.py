"""Containers by the engine's API: what is asked for, and how errors are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract.support.containers import DATA, DIGEST, ID, SPEC
from contract.support.docker_server import Route, docker_engine, document, nothing, said
from contract.support.http_server import Exchange
from ladybug_agent.adapters.docker_engine import DockerEngine
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.containers import BindMount, ContainerFacts

FOUND = {
    "Id": ID,
    "Name": "/graph-api-shared",
    "Image": DIGEST,
    "State": {"Status": "exited", "ExitCode": 137, "OOMKilled": True},
    "Config": {"Labels": {"a": "b"}, "User": "1000:1000", "Tty": False},
    "HostConfig": {
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges"],
        "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
    },
    "Mounts": [
        {"Type": "tmpfs", "Source": "", "Destination": "/tmp", "RW": True},
        {"Type": "bind", "Source": DATA.source, "Destination": DATA.target, "RW": False},
    ],
}
CREATE, START = "POST /containers/create", f"POST /containers/{ID}/start"
CREATED = document(201, {"Id": ID, "Warnings": []})
REMOVE = f"DELETE /containers/{ID}"
# docker.io 20.10 and docker-ce 28
PORT_IN_USE: list[str] = json.loads(
    (Path(__file__).parents[1] / "data" / "docker" / "port-in-use.json").read_text()
)


def run(directory: Path, **routes: Route) -> str:
    named = {"create": CREATE, "start": START, "remove": REMOVE}
    with docker_engine(directory, {named[name]: route for name, route in routes.items()}) as engine:
        return DockerEngine(engine.url).run(SPEC)


def test_a_container_is_described_with_its_restrictions(tmp_path: Path) -> None:
    with docker_engine(tmp_path, {f"GET /containers/{ID}/json": document(200, FOUND)}) as engine:
        assert DockerEngine(engine.url).container(ID) == ContainerFacts(
            container_id=ID,
            name="graph-api-shared",
            image_id=DIGEST,
            status="exited",
            exit_code=137,
            oom_killed=True,
            labels={"a": "b"},
            user="1000:1000",
            read_only_root=True,
            capabilities_dropped=frozenset({"ALL"}),
            security_options=frozenset({"no-new-privileges"}),
            restart_policy="no",
            binds=(DATA,),
        )


def test_a_container_of_somebody_else_may_have_no_restrictions(tmp_path: Path) -> None:
    bare = {
        **FOUND,
        "Config": {"Labels": None, "User": ""},
        "HostConfig": {"ReadonlyRootfs": False, "CapDrop": None, "SecurityOpt": None},
        "Mounts": [{"Type": "bind", "Source": "/a", "Destination": "/b", "RW": True}],
    }
    with docker_engine(tmp_path, {f"GET /containers/{ID}/json": document(200, bare)}) as engine:
        found = DockerEngine(engine.url).container(ID)
    assert found is not None
    assert (found.labels, found.user, found.read_only_root) == ({}, "", False)
    assert (found.capabilities_dropped, found.security_options) == (frozenset(), frozenset())
    assert found.binds == (BindMount(source="/a", target="/b", read_only=False),)


def test_a_container_that_is_not_there_is_none(tmp_path: Path) -> None:
    with docker_engine(tmp_path, {}) as engine:
        assert DockerEngine(engine.url).container("graph-api-shared") is None


def test_a_container_is_created_with_every_restriction(tmp_path: Path) -> None:
    asked: list[bytes] = []

    def create(exchange: Exchange) -> None:
        asked.append(exchange.body)
        CREATED(exchange)

    assert run(tmp_path, create=create, start=nothing()) == ID
    body = json.loads(asked[0])
    assert (body["Image"], body["User"], body["Labels"]) == (DIGEST, SPEC.user, SPEC.labels)
    assert body["Env"] == ["LBUG_READ_ONLY=true"]
    host = body["HostConfig"]
    assert host["Mounts"] == [
        {"Type": "bind", "Source": DATA.source, "Target": DATA.target, "ReadOnly": True}
    ]
    assert host["PortBindings"] == {"8001/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8001"}]}
    assert (host["ReadonlyRootfs"], host["CapDrop"]) == (True, ["ALL"])
    assert host["SecurityOpt"][0].startswith("no-new-privileges")
    assert (host["Memory"], host["MemorySwap"]) == (SPEC.memory_bytes, SPEC.memory_bytes)
    assert (host["PidsLimit"], host["Tmpfs"]) == (SPEC.pids_limit, SPEC.tmpfs)
    assert host["LogConfig"]["Type"] == "local"
    assert host["RestartPolicy"].get("Name") == "no"
    assert not host.get("Privileged")
    assert not host.get("Binds")


def test_proxies_of_the_operators_docker_configuration_stay_out_of_the_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxies = {"default": {"httpProxy": "http://proxy.invalid"}}
    (tmp_path / "config.json").write_text(json.dumps({"proxies": proxies}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    asked: list[bytes] = []

    def create(exchange: Exchange) -> None:
        asked.append(exchange.body)
        CREATED(exchange)

    run(tmp_path, create=create, start=nothing())
    assert json.loads(asked[0])["Env"] == ["LBUG_READ_ONLY=true"]


@pytest.mark.parametrize("words", PORT_IN_USE)
def test_a_port_in_use_is_told_and_the_container_is_removed(tmp_path: Path, words: str) -> None:
    removed: list[str] = []

    def remove(exchange: Exchange) -> None:
        removed.append(exchange.path)
        exchange.answer(204)

    with pytest.raises(ExternalFailure, match="found its port in use") as failure:
        run(tmp_path, create=CREATED, start=said(500, words), remove=remove)
    assert failure.value.code == "container_port_in_use"
    assert len(removed) == 1
    assert "force=1" in removed[0].lower().replace("true", "1")


def test_a_missing_data_directory_is_told(tmp_path: Path) -> None:
    words = f'invalid mount config for type "bind": bind source path does not exist: {DATA.source}'
    with pytest.raises(ExternalFailure, match="no databases directory to bind") as failure:
        run(tmp_path, create=said(400, words))
    assert failure.value.code == "container_bind_source_missing"


@pytest.mark.parametrize("status", [400, 404, 409, 500])
def test_any_other_refusal_has_the_engines_words_in_its_cause(tmp_path: Path, status: int) -> None:
    with pytest.raises(ExternalFailure, match="refused to create the container") as failure:
        run(tmp_path, create=said(status, "something new"))
    assert failure.value.code == "container_engine_refused"
    assert "something new" in str(failure.value.__cause__)


def test_a_start_that_fails_is_told_even_if_the_container_cannot_be_removed(
    tmp_path: Path,
) -> None:
    with pytest.raises(ExternalFailure, match="refused to start the container") as failure:
        run(tmp_path, create=CREATED, start=said(500, "oh"), remove=said(500, "no"))
    assert failure.value.code == "container_engine_refused"


def test_stopping_gives_the_container_its_time(tmp_path: Path) -> None:
    with docker_engine(tmp_path, {f"POST /containers/{ID}/stop": nothing()}) as engine:
        DockerEngine(engine.url).stop(ID, grace_s=7)
        assert engine.seen[-1].path.endswith("/stop?t=7")


def test_a_container_that_is_stopped_already_can_be_stopped(tmp_path: Path) -> None:
    with docker_engine(tmp_path, {f"POST /containers/{ID}/stop": nothing(304)}) as engine:
        DockerEngine(engine.url).stop(ID, grace_s=0)


def test_the_last_lines_of_the_log_are_returned(tmp_path: Path) -> None:
    frames = [(1, b"one\n"), (2, b"two \xff\nthree\n")]
    body = b"".join(bytes([kind, 0, 0, 0]) + len(t).to_bytes(4, "big") + t for kind, t in frames)
    routes = {
        f"GET /containers/{ID}/json": document(200, FOUND),
        f"GET /containers/{ID}/logs": lambda exchange: exchange.answer(200, body),
    }
    with docker_engine(tmp_path, routes) as engine:
        lines = DockerEngine(engine.url).logs(ID, lines=3)
        assert "tail=3" in engine.seen[-1].path + engine.seen[-2].path
    assert lines == ("one", "two \N{REPLACEMENT CHARACTER}", "three")
