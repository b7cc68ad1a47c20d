"""A diagnosis among endpoints that are slow and alive: as long as the slowest chain, in one go."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contract.support.aws import REGION, make_registry_table, point_at
from contract.support.docker_server import Route, docker_engine, document
from contract.support.http_server import Exchange, serving
from fakes.configurations import MINIMAL
from ladybug_agent.adapters.machine import ProcMachine
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.served import Served, ServedVolume, write_served
from ladybug_agent.state import StateDirectory
from ladybug_lab.aws.server import LabAws
from ladybug_lab.imds.server import LabImds

pytestmark = pytest.mark.thorough

MIB = 2**20
WITHIN_S, QUICK_WITHIN_S, MOST_BYTES = 3.0, 1.0, 100 * MIB
METADATA_S, ENGINE_S, SERVICE_S = 0.25, 0.25, 0.25
CALLS_S = {
    "sts:*": 0.25,
    "dynamodb:*": 0.5,
    "ec2:*": 0.75,
    "ecr:*": 1.0,
    "s3:*": 0.5,
    "elasticloadbalancing:*": 1.0,
    "autoscaling:*": 0.75,
}
"""With metadata, the engine and the service: ten endpoints, each 0.25 s to 1 s late."""
PROGRAM = """
import sys, time
from ladybug_agent.cli import main
main(sys.argv[1:])
print(open("/proc/self/status").read(), "CPU:", time.process_time(), file=sys.stderr)
"""
CONTAINER = {
    "Id": "c0ffee",
    "Name": "/graph-api-shared",
    "Image": "sha256:1",
    "State": {"Status": "running", "ExitCode": 0, "OOMKilled": False},
    "Config": {"Labels": {"org.ladybugdb.agent.spec": "b"}, "User": "1000:1000"},
    "HostConfig": {"ReadonlyRootfs": True, "CapDrop": ["ALL"], "SecurityOpt": None},
    "Mounts": [],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the program.

    What it takes on a machine at rest is what it computes, to load itself above all, and what it
    waits for: both are told apart, because these tests run on machines that are not.
    """

    cpu_s: float
    peak_bytes: int
    document: dict[str, Any]

    @property
    def took_s(self) -> float:
        return self.cpu_s + float(self.document["duration_s"])


def late(seconds: float, route: Route) -> Route:
    def respond(exchange: Exchange) -> None:
        Deadline.after(60.0, SystemClock()).pause(seconds)
        route(exchange)

    return respond


@pytest.fixture
def config(
    tmp_path: Path, imds: LabImds, aws: LabAws, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A configuration of an instance whose ten endpoints all take their time."""
    table = make_registry_table(aws)
    point_at(aws.url, monkeypatch)
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.endpoint)
    warm_up(aws)
    imds.faults.add("/latest", delay_s=METADATA_S)
    for operation, delay_s in CALLS_S.items():
        aws.faults.add(operation, delay_s=delay_s)
    healthy = document(200, {"status": "healthy", "database_count": 1})
    routes = {"GET /containers/graph-api-shared/json": late(ENGINE_S, document(200, CONTAINER))}
    with (
        docker_engine(tmp_path, routes) as engine,
        serving(late(SERVICE_S, healthy)) as service,
    ):
        port = service.url.rpartition(":")[2]
        text = MINIMAL.replace("[instance]", f'[instance]\nstate_dir = "{tmp_path}/state"')
        text = text.replace(
            "[container]", f'[container]\nport = {port}\ndocker_host = "{engine.url}"'
        )
        path = tmp_path / "config.toml"
        path.write_text(text.replace("instance-registry", table))
        leave_serving(tmp_path / "state", imds)
        yield path


def warm_up(aws: LabAws) -> None:
    """Let moto load its services: that takes it seconds, and is no part of any answer."""
    aws.client("sts").get_caller_identity()
    aws.client("ec2").describe_volumes()
    aws.client("ecr").describe_repositories()
    aws.client("autoscaling").describe_auto_scaling_instances()


def leave_serving(state: Path, imds: LabImds) -> None:
    """Leave what a boot leaves that has registered: then nobody has to be asked who we are."""
    state.mkdir()
    volume = ServedVolume(
        mount_point="/nowhere",
        mount_id=1,
        node="/dev/nvme9n1",
        device_number="259:99",
        disk_sequence=1,
        serial="vol0123456789abcdef0",
        volume_id="vol-0123456789abcdef0",
        iops=3000,
        attached=None,
    )
    served = Served(
        boot_id=ProcMachine().boot().boot_id,
        registration_id="r",
        container_id="c0ffee",
        container_name="graph-api-shared",
        image="graph-api:1.0",
        image_digest="sha256:1",
        image_id="sha256:1",
        user="1000:1000",
        data_source="/nowhere",
        data_target="/data",
        databases=("sec",),
        port=1,
        bind_address="127.0.0.1",
        snapshot_taken_at="",
        volume=volume,
        row={"instance_id": imds.facts.instance_id, "region": REGION},
    )
    write_served(StateDirectory(state).served, served)


def run(config: Path, *options: str) -> Run:
    """Run it as a process that says, at its end, how much memory and CPU it had."""
    argv = [sys.executable, "-c", PROGRAM, "diagnose", "--config", str(config), "--format", "json"]
    done = subprocess.run(
        [*argv, *options], capture_output=True, text=True, check=False, timeout=60
    )
    peak_kib = int(done.stderr.rpartition("VmHWM:")[2].split()[0])
    cpu_s = float(done.stderr.rpartition("CPU:")[2])
    return Run(cpu_s=cpu_s, peak_bytes=peak_kib * 1024, document=json.loads(done.stdout))


def figures(done: Run) -> str:
    slowest = sorted(done.document["checks"], key=lambda one: -one["ms"])[:5]
    return (
        f"{done.took_s:.2f} s, of which examining {done.document['duration_s']:.2f} s,"
        f" {done.peak_bytes // MIB} MiB; slowest: {[(one['id'], one['ms']) for one in slowest]}"
    )


def unanswered(done: Run) -> list[str]:
    return [one["id"] for one in done.document["checks"] if one["status"] == "error"]


def test_ten_slow_endpoints_are_asked_side_by_side(config: Path) -> None:
    done = run(config)
    assert unanswered(done) == []
    assert done.took_s <= WITHIN_S, figures(done)
    assert done.peak_bytes <= MOST_BYTES, figures(done)


def test_quick_takes_less_than_a_second(config: Path) -> None:
    done = run(config, "--quick")
    assert unanswered(done) == []
    assert done.took_s <= QUICK_WITHIN_S, figures(done)
