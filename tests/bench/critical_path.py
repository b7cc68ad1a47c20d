"""What a boot cannot avoid, by hand-written calls with everything warm, part by part.

The slower branch (pull, or mount and one read), then one opening of the database in a container
that is thrown away, then the container's start to a good /health, then one write to the registry.
"""

from __future__ import annotations

import http.client
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import docker

from ladybug_agent.adapters.docker_engine import DockerEngine
from ladybug_agent.adapters.machine import ProcMachine
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.model.containers import BindMount, ContainerSpec, OneShotSpec
from ladybug_lab.depot import DATABASE, ECR_USER, Depot
from ladybug_lab.instance import LabInstance

CONTAINER = "graph-api-bench"
PORT = 18001


@dataclass(frozen=True, kw_only=True)
class CriticalPath:
    """What cannot be avoided, part by part."""

    data_s: float
    pull_s: float
    check_s: float
    start_s: float
    write_s: float

    @property
    def total_s(self) -> float:
        return max(self.data_s, self.pull_s) + self.check_s + self.start_s + self.write_s


def measure_critical_path(instance: LabInstance, depot: Depot) -> CriticalPath:
    data_s = _timed(lambda: _mount_and_read(instance))
    with _engine_client() as api:
        login = {"username": ECR_USER, "password": instance.provisioned.ecr_password}

        def pull() -> None:
            for line in api.pull(depot.by_digest, stream=True, decode=True, auth_config=login):
                assert "error" not in line, line

        pull_s = _timed(pull)
        image_id = api.inspect_image(depot.by_digest)["Id"]
    engine = DockerEngine("unix:///var/run/docker.sock")
    engine.image(depot.by_digest)  # connect
    check_s = _timed(lambda: _open_once(engine, instance, image_id))
    start_s = _timed(lambda: _start_and_await(engine, instance, image_id))
    dynamodb = instance.aws.client("dynamodb")
    dynamodb.describe_table(TableName=instance.provisioned.table)  # connect
    row = {"instance_id": {"S": "bench"}, "status": {"S": "healthy"}}
    write_s = _timed(lambda: dynamodb.put_item(TableName=instance.provisioned.table, Item=row))
    return CriticalPath(
        data_s=data_s, pull_s=pull_s, check_s=check_s, start_s=start_s, write_s=write_s
    )


def _mount_and_read(instance: LabInstance) -> None:
    instance.mount_point.mkdir(exist_ok=True)
    subprocess.run(
        ["mount", "-o", "ro,nouuid", str(instance.device.node), str(instance.mount_point)],
        check=True,
    )
    with (instance.mount_point / "databases" / f"{DATABASE}.lbug").open("rb") as file:
        assert file.read(4) == b"LBUG"


def _open_once(engine: DockerEngine, instance: LabInstance, image_id: str) -> None:
    """Open the database with the image's engine in a container that is thrown away."""
    query = "CALL show_tables() RETURN *"
    script = (
        "import ladybug;"
        f"d = ladybug.Database('/data/{DATABASE}.lbug', read_only=True, buffer_pool_size=2**26);"
        f"ladybug.Connection(d).execute({query!r})"
    )
    spec = OneShotSpec(
        name=f"{CONTAINER}-check",
        image_id=image_id,
        user="1000:1000",
        command=("python3", "-c", script),
        environment={},
        labels={},
        data=BindMount(
            source=str(instance.mount_point / "databases"), target="/data", read_only=True
        ),
        tmpfs={"/tmp": "mode=1777"},
        memory_bytes=ProcMachine().memory_total_bytes() // 2,
        pids_limit=256,
    )
    result = engine.run_once(spec, Deadline.after(30, SystemClock()))
    assert result.exit_code == 0, result.stderr


def _start_and_await(engine: DockerEngine, instance: LabInstance, image_id: str) -> None:
    data = str(instance.mount_point / "databases")
    engine.run(
        ContainerSpec(
            name=CONTAINER,
            image_id=image_id,
            user="1000:1000",
            environment={"LBUG_PORT": str(PORT)},
            labels={},
            data=BindMount(source=data, target="/app/data/lbug-dbs", read_only=True),
            tmpfs={"/tmp": "mode=1777", "/app/logs": "uid=1000"},
            bind_address="127.0.0.1",
            port=PORT,
            memory_bytes=ProcMachine().memory_total_bytes() // 2,
            pids_limit=4096,
            log_driver="local",
        )
    )
    deadline = Deadline.after(30, SystemClock())
    while not _is_healthy():
        deadline.check("the bench container")
        deadline.pause(0.005)


def _is_healthy() -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=2)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def _engine_client() -> Iterator[Any]:
    api = docker.APIClient(base_url="unix:///var/run/docker.sock", version="auto")
    try:
        yield api
    finally:
        api.close()


def _timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began
