"""A program that is run once, by a real engine."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Timer

import docker
import pytest

from contract.support.timing import ends_within
from ladybug_agent.adapters.docker_engine import DockerEngine
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.errors import AgentError, Cancelled, DeadlineExceeded, ExternalFailure
from ladybug_agent.model.containers import BindMount, OneShotResult, OneShotSpec
from support.engine_image import DOCKER, lab_image

pytestmark = pytest.mark.integration

LOOK = """
import json, os
def writes(path):
    try:
        open(path + "/new", "w").close()
    except OSError:
        return False
    return True
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines())
print(json.dumps({
    "interfaces": os.listdir("/sys/class/net"),
    "capabilities": [status[name] for name in ("CapEff", "CapPrm", "CapBnd")],
    "no_new_privileges": status["NoNewPrivs"],
    "ids": [os.getuid(), os.getgid()],
    "writes": [path for path in ("/", "/app", "/data", "/tmp") if writes(path)],
}))
"""


@pytest.fixture(scope="module")
def image_id() -> Iterator[str]:
    with lab_image() as built:
        yield built


@pytest.fixture
def spec(image_id: str, tmp_path: Path) -> OneShotSpec:
    return OneShotSpec(
        name=f"one-shot-{uuid.uuid4().hex[:8]}",
        image_id=image_id,
        user="1000:1000",
        command=("python3", "-c", LOOK),
        environment={},
        labels={},
        data=BindMount(source=str(tmp_path), target="/data", read_only=True),
        tmpfs={"/tmp": "mode=1777,size=16m"},
        memory_bytes=64 * 2**20,
        pids_limit=64,
    )


def run(spec: OneShotSpec, program: str, deadline: Deadline | None = None) -> OneShotResult:
    """Run the program, and look that nothing is left of it."""
    engine = DockerEngine(DOCKER)
    try:
        return engine.run_once(
            replace(spec, command=("python3", "-c", program)),
            deadline or Deadline.after(30, SystemClock()),
        )
    finally:
        assert engine.container(spec.name) is None


def test_the_program_has_no_network_no_rights_and_only_its_own_to_write(
    spec: OneShotSpec, tmp_path: Path
) -> None:
    tmp_path.chmod(0o777)
    assert json.loads(run(spec, LOOK).stdout) == {
        "interfaces": ["lo"],
        "capabilities": ["0" * 16] * 3,
        "no_new_privileges": "1",
        "ids": [1000, 1000],
        "writes": ["/tmp"],
    }


def test_data_can_be_writable(spec: OneShotSpec, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    writable = replace(spec, data=replace(spec.data, read_only=False))
    assert run(writable, "open('/data/new', 'w').write('here')").exit_code == 0
    assert (tmp_path / "new").read_text() == "here"


def test_both_texts_and_the_exit_code_are_told(spec: OneShotSpec) -> None:
    found = run(spec, "import sys; print('one'); print('two', file=sys.stderr); sys.exit(7)")
    assert found == OneShotResult(exit_code=7, oom_killed=False, stdout="one\n", stderr="two\n")


def test_a_flood_keeps_its_end(spec: OneShotSpec) -> None:
    stdout = run(spec, "for number in range(300_000): print('x' * 50, number)").stdout
    assert stdout.endswith(" 299999\n")
    assert len(stdout) == 64 * 1024


def test_a_program_that_takes_too_much_memory_is_killed(spec: OneShotSpec) -> None:
    found = run(spec, "bytearray(2**30)")
    assert (found.signal, found.oom_killed) == ("SIGKILL", True)


def test_a_crash_has_its_signal(spec: OneShotSpec) -> None:
    assert run(spec, "import os; os.abort()").signal in {"SIGABRT", "SIGSEGV"}


def test_cancelling_ends_the_program(spec: OneShotSpec) -> None:
    deadline = Deadline.after(30, SystemClock())
    timer = Timer(1.0, deadline.cancel)
    timer.start()
    with ends_within(3), pytest.raises(Cancelled):
        run(spec, "import signal; signal.pause()", deadline)
    timer.join()


def test_the_deadline_ends_the_program(spec: OneShotSpec) -> None:
    with ends_within(3), pytest.raises(DeadlineExceeded):
        run(spec, "import signal; signal.pause()", Deadline.after(1, SystemClock()))


def test_what_a_killed_agent_left_is_removed(spec: OneShotSpec) -> None:
    labels = {"org.ladybugdb.agent.one-shot": "1"}
    client = docker.APIClient(base_url=DOCKER, version="auto")
    left = client.create_container(
        image=spec.image_id, name=spec.name, labels=labels, entrypoint=["python3"],
        command=["-c", "import signal; signal.pause()"],
    )  # fmt: skip
    client.start(left["Id"])
    client.close()
    assert run(spec, "print('mine')").stdout == "mine\n"


@pytest.mark.parametrize("program", ["nope", "/nope", "/etc/passwd", "/app"])
def test_a_program_that_the_image_does_not_have_is_told(spec: OneShotSpec, program: str) -> None:
    with pytest.raises(ExternalFailure) as failure:
        DockerEngine(DOCKER).run_once(
            replace(spec, command=(program,)), Deadline.after(30, SystemClock())
        )
    assert failure.value.code == "container_program_missing"


def test_a_directory_that_is_not_there_is_not_made(spec: OneShotSpec, tmp_path: Path) -> None:
    gone = replace(spec, data=replace(spec.data, source=str(tmp_path / "gone")))
    with pytest.raises(AgentError) as failure:
        run(gone, "print()")
    assert failure.value.code == "container_bind_source_missing"
    assert not (tmp_path / "gone").exists()
