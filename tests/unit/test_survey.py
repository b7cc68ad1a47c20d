"""What is true on the instance now, seen without AWS."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fakes.build import a_config, a_world
from fakes.clock import FakeClock
from fakes.evidence import a_device, a_servable, a_spec
from fakes.service import FakeHttp, json_reply
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.resources.container import ensure_running
from ladybug_agent.resources.mount import ensure_mounted
from ladybug_agent.survey import Finding, LocalWorld, survey

NAME = "graph-api-shared"


class Instance:
    """An instance on which everything is up."""

    def __init__(self, tmp_path: Path, clock: FakeClock) -> None:
        self.config = a_config(tmp_path)
        self.path = Path(self.config.data.mount_point)
        world = a_world(clock)
        self.mounts, self.engine, self.http = world.mounts, world.engine, world.http
        deadline = Deadline.after(900.0, clock)
        device = a_device(devices=world.block_devices)
        ensure_mounted(world, device, self.config.data, deadline)
        ensure_running(self.engine, a_servable(self.path), a_spec(tmp_path))

    def find(self, subject: str) -> Finding:
        world = LocalWorld(mounts=self.mounts, engine=self.engine, http=self.http)
        return next(found for found in survey(world, self.config) if found.subject == subject)


@pytest.fixture
def instance(tmp_path: Path, clock: FakeClock) -> Instance:
    return Instance(tmp_path, clock)


def test_all_that_is_up_is_good(instance: Instance) -> None:
    world = LocalWorld(mounts=instance.mounts, engine=instance.engine, http=instance.http)
    assert [(found.subject, found.verdict) for found in survey(world, instance.config)] == [
        ("mount", "good"),
        ("container", "good"),
        ("service", "good"),
    ]


def test_a_good_finding_says_what_was_found(instance: Instance) -> None:
    texts = [instance.find(subject).text for subject in ("mount", "container", "service")]
    assert texts == [
        f"/dev/nvme1n1 (xfs) is mounted read-only at {instance.path}",
        f"{NAME} runs (000000000000)",
        "healthy with 1 database(s)",
    ]


def test_a_volume_that_is_not_mounted_is_bad(instance: Instance) -> None:
    instance.mounts.table.clear()
    assert instance.find("mount") == Finding(
        subject="mount", verdict="bad", text=f"nothing is mounted at {instance.path}"
    )


def test_a_writable_mount_is_bad(instance: Instance) -> None:
    entry = instance.mounts.table[instance.path]
    instance.mounts.table[instance.path] = replace(entry, options=frozenset({"rw"}))
    found = instance.find("mount")
    assert (found.verdict, "mounted writable" in found.text) == ("bad", True)


def test_a_replica_without_data_needs_no_volume(instance: Instance) -> None:
    instance.mounts.table.clear()
    empty = replace(instance.config.data, mode="empty", databases=())
    instance.config = replace(instance.config, data=empty)
    found = instance.find("mount")
    assert (found.verdict, "`data.mode`" in found.text) == ("good", True)


def test_a_missing_container_is_bad(instance: Instance) -> None:
    instance.engine.containers.clear()
    found = instance.find("container")
    assert (found.verdict, found.text) == ("bad", f"there is no container {NAME}")


def test_an_exited_container_is_bad_and_says_how(instance: Instance) -> None:
    container = instance.engine.containers[NAME]
    instance.engine.containers[NAME] = replace(container, status="exited", exit_code=3)
    found = instance.find("container")
    assert (found.verdict, found.text) == ("bad", f"{NAME} is exited, exit code 3")


def test_an_engine_that_does_not_answer_is_unknown_not_bad(instance: Instance) -> None:
    down = ExternalFailure("container_engine_unreachable", "found no Docker engine")
    instance.engine.refuses["container"] = down
    found = instance.find("container")
    assert (found.verdict, found.text) == (
        "unknown",
        "container_engine_unreachable: found no Docker engine",
    )


def test_a_service_that_does_not_answer_is_bad(instance: Instance, clock: FakeClock) -> None:
    instance.http = FakeHttp(clock, answers_after_s=60.0)
    found = instance.find("service")
    assert (found.verdict, found.text) == (
        "bad",
        "health_unreachable: nothing answers at http://127.0.0.1:8001/health",
    )


def test_an_unhealthy_service_is_bad(instance: Instance) -> None:
    instance.http.replies["/health"] = json_reply({"status": "unhealthy"}, status=503)
    found = instance.find("service")
    assert (found.verdict, found.text.startswith("health_not_ok: ")) == ("bad", True)
