"""How long the boot takes beyond what cannot be avoided; run by `./dev bench`.

The critical path is measured in the same run, by hand-written calls with everything warm: the
slower branch (pull, or mount and one read), then the container's start to a good /health, then
one write to the registry. The boot is the whole process, interpreter start included.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker

from ladybug_agent.adapters.docker_engine import DockerEngine
from ladybug_agent.adapters.machine import ProcMachine
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.container_model import BindMount, ContainerSpec
from ladybug_lab.agent_process import agent_command
from ladybug_lab.aws import LabAws
from ladybug_lab.depot import (
    DATABASE,
    ECR_USER,
    Depot,
    cache_directory,
    forget_local_image,
    open_depot,
)
from ladybug_lab.instance import LabInstance, Order, launch, remove_container, unmount_all

OVERHEAD_LIMIT = 0.25
MEMORY_LIMIT_MB = 90
VERSION_CPU_LIMIT_S = 0.060
RERUN_LIMIT_S = 1.0
CONTAINER = "graph-api-bench"
PORT = 18001
REST_S = 1.0
MEASURED = Path(__file__).with_name("measured.py")


@dataclass(frozen=True, kw_only=True)
class Used:
    """What a process used, by wait4(2)."""

    wall_s: float
    cpu_s: float
    memory_mb: float


@dataclass(frozen=True, kw_only=True)
class CriticalPath:
    """What cannot be avoided, part by part."""

    data_s: float
    pull_s: float
    start_s: float
    write_s: float

    @property
    def total_s(self) -> float:
        return max(self.data_s, self.pull_s) + self.start_s + self.write_s


@dataclass(frozen=True, kw_only=True)
class Round:
    critical: CriticalPath
    boot: Used
    rerun: Used


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rounds = list(_rounds(arguments.rounds))
    version = [_run(agent_command("--version"), dict(os.environ)) for _ in range(11)]
    results = _results(rounds, version)
    print(json.dumps(results, indent=1) if arguments.json else _table(results))
    return 0 if all(result["holds"] for result in results.values()) else 1


def _rounds(count: int) -> Iterator[Round]:
    with open_depot(cache_directory(), say=lambda _: None) as depot, LabAws() as aws:
        for number in range(count + 1):
            aws.reset()
            with tempfile.TemporaryDirectory(prefix="bench-") as directory:
                order = Order(
                    directory=Path(directory) / "instance",
                    databases=(DATABASE,),
                    container=CONTAINER,
                    port=PORT,
                )
                with launch(order, depot, aws) as instance:
                    measured = _round(instance, depot, boot_first=number % 2 == 1)
            if number > 0:  # the first warms caches and is not counted
                yield measured


def _round(instance: LabInstance, depot: Depot, *, boot_first: bool) -> Round:
    """Measure both, each on a machine at rest; what comes first differs from round to round."""
    argv = agent_command("bootstrap", "--config", str(instance.config_file))

    def boot() -> tuple[Used, Used]:
        _rest(instance, depot)
        return _run(argv, instance.environment()), _run(argv, instance.environment())

    def critical() -> CriticalPath:
        _rest(instance, depot)
        return _critical_path(instance, depot)

    if boot_first:
        first, again = boot()
        return Round(critical=critical(), boot=first, rerun=again)
    path = critical()
    first, again = boot()
    return Round(critical=path, boot=first, rerun=again)


def _rest(instance: LabInstance, depot: Depot) -> None:
    """Take away what the other measurement left, and let the engine and the disk finish."""
    remove_container(CONTAINER)
    unmount_all(instance.mount_point)
    forget_local_image(depot)
    os.sync()
    Deadline.after(REST_S, SystemClock()).pause(REST_S)


def _critical_path(instance: LabInstance, depot: Depot) -> CriticalPath:
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
    start_s = _timed(lambda: _start_and_await(engine, instance, image_id))
    dynamodb = instance.aws.client("dynamodb")
    dynamodb.describe_table(TableName=instance.provisioned.table)  # connect
    row = {"instance_id": {"S": "bench"}, "status": {"S": "healthy"}}
    write_s = _timed(lambda: dynamodb.put_item(TableName=instance.provisioned.table, Item=row))
    return CriticalPath(data_s=data_s, pull_s=pull_s, start_s=start_s, write_s=write_s)


def _mount_and_read(instance: LabInstance) -> None:
    instance.mount_point.mkdir(exist_ok=True)
    subprocess.run(
        ["mount", "-o", "ro,nouuid", str(instance.device.node), str(instance.mount_point)],
        check=True,
    )
    with (instance.mount_point / "databases" / f"{DATABASE}.lbug").open("rb") as file:
        assert file.read(4) == b"LBUG"


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


def _run(argv: list[str], environment: dict[str, str]) -> Used:
    done = subprocess.run(
        [sys.executable, "-S", str(MEASURED), *argv],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return Used(**json.loads(done.stdout))


def _results(rounds: list[Round], version: list[Used]) -> dict[str, dict[str, Any]]:
    overheads = [r.boot.wall_s / r.critical.total_s - 1 for r in rounds]
    parts = {
        f"critical_{name}": _figure([getattr(r.critical, name) for r in rounds], None)
        for name in ("data_s", "pull_s", "start_s", "write_s", "total_s")
    }
    return parts | {
        "boot_s": _figure([r.boot.wall_s for r in rounds], None),
        "boot_overhead": _figure(overheads, OVERHEAD_LIMIT),
        "rerun_s": _figure([r.rerun.wall_s for r in rounds], RERUN_LIMIT_S),
        "boot_cpu_s": _figure([r.boot.cpu_s for r in rounds], None),
        "peak_memory_mb": _figure([r.boot.memory_mb for r in rounds], MEMORY_LIMIT_MB),
        "version_cpu_s": _figure([used.cpu_s for used in version], VERSION_CPU_LIMIT_S),
    }


def _figure(values: list[float], limit: float | None) -> dict[str, Any]:
    median = statistics.median(values)
    return {
        "median": round(median, 4),
        "least": round(min(values), 4),
        "most": round(max(values), 4),
        "runs": len(values),
        "limit": limit,
        "holds": limit is None or median <= limit,
    }


def _table(results: dict[str, dict[str, Any]]) -> str:
    lines = [f"{'figure':<18}{'median':>10}{'least':>10}{'most':>10}{'runs':>6}{'limit':>10}"]
    for name, figure in results.items():
        limit = "" if figure["limit"] is None else f"{figure['limit']:g}"
        mark = "" if figure["holds"] else "  exceeds its limit"
        lines.append(
            f"{name:<18}{figure['median']:>10.3f}{figure['least']:>10.3f}{figure['most']:>10.3f}"
            f"{figure['runs']:>6}{limit:>10}{mark}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
