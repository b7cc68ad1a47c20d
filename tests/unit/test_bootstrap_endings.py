"""Whole runs of the boot that end in a special way: fenced, untold, busy, by a bug."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fakes.boot import KEY, NAME, STEPS, Machine
from fakes.clock import FakeClock
from fakes.engine import FakeEngine, running_container
from fakes.evidence import a_spec
from fakes.instance import BOOT, FakeEc2, FakeMachine, FakeMetadata
from fakes.orchestrator import FakeOrchestrator, Told
from fakes.registry import FakeRegistry
from fakes.storage import FakeBlockDevices
from ladybug_agent.errors import Busy, ConfigError, ExternalFailure
from ladybug_agent.exit_status import exit_status
from ladybug_agent.model.storage import FilesystemProbe
from ladybug_agent.ports import Row
from ladybug_agent.state import StateDirectory


@pytest.fixture
def fenced(tmp_path: Path) -> Machine:
    """A machine whose identity another live registration of the same boot holds."""
    held: Row = {
        "instance_id": KEY,
        "registration_id": "reg-other",
        "boot_id": BOOT.boot_id,
        "booted_at": BOOT.booted_at,
        "status": "healthy",
        "lease_expires_at": 2**40,
        "write_id": "w-other",
    }
    return Machine.make(tmp_path, instance_registry=FakeRegistry(held))


def test_a_fenced_boot_exits_3_and_announces_nothing(fenced: Machine) -> None:
    ending = fenced.boot()
    assert ending.error is not None
    assert (exit_status(ending.error), fenced.record["code"], fenced.told) == (
        3,
        "registration_fenced",
        [],
    )


def test_a_fenced_boot_leaves_the_row_and_stops_its_container(fenced: Machine) -> None:
    before = dict(fenced.world.instance_registry.rows[KEY])
    fenced.boot()
    assert fenced.world.instance_registry.rows[KEY] == before
    assert fenced.container_status == "exited"


def test_a_success_that_could_not_be_told_keeps_the_registration(tmp_path: Path) -> None:
    waiting = (FakeOrchestrator(verdict="failed", detail="aws_unreachable: no route"),)
    machine = Machine.make(tmp_path, orchestrators=waiting)
    ending = machine.boot()
    assert ending.error is not None
    assert (machine.record["code"], exit_status(ending.error)) == ("signal_failed", 1)
    assert (machine.row_status, machine.container_status) == ("healthy", "running")


def test_a_rerun_repeats_the_signal(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path, orchestrators=(FakeOrchestrator(verdict="failed"),))
    machine.boot()
    machine.world.orchestrators[0].verdict = "accepted"
    assert machine.boot().error is None
    assert machine.told == [Told(success=True, reason=KEY)] * 2


def test_a_failure_that_could_not_be_told_is_still_the_reason(tmp_path: Path) -> None:
    clock = FakeClock()
    machine = Machine.make(
        tmp_path,
        clock,
        block_devices=FakeBlockDevices(clock, probe=FilesystemProbe()),
        orchestrators=(FakeOrchestrator(verdict="failed", detail="no route"),),
    )
    machine.boot()
    told = next(step for step in machine.record["steps"] if step["name"] == "signal")
    assert (machine.record["code"], told["facts"]) == (
        "filesystem_missing",
        {"cloudformation": "failed"},
    )


def test_a_container_that_cannot_be_stopped_does_not_hide_the_reason(tmp_path: Path) -> None:
    clock = FakeClock()
    stuck = ExternalFailure("container_engine_refused", "the engine refused to stop it")
    machine = Machine.make(tmp_path, clock, engine=FakeEngine(clock, refuses={"stop": stuck}))
    machine.world.instance_registry.raises = ExternalFailure("aws_throttled", "throttled")
    machine.boot()
    assert (machine.record["code"], machine.statuses["stop_container"]) == (
        "aws_throttled",
        "failed",
    )


def test_the_failure_is_announced_before_the_container_is_stopped(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.world.instance_registry.raises = ExternalFailure("aws_throttled", "throttled")
    machine.boot()
    names = [step["name"] for step in machine.record["steps"]]
    assert names[-3:] == ["signal", "withdraw", "stop_container"]


def test_a_terminating_instance_fails_nothing(tmp_path: Path) -> None:
    leaving = FakeMetadata(target_lifecycle_state="Terminated")
    machine = Machine.make(tmp_path, metadata=leaving)
    ending = machine.boot()
    assert ending.error is not None
    assert (machine.record["code"], machine.told) == ("instance_terminating", [])


def test_a_container_of_someone_else_is_left_alone(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    foreign = replace(running_container(a_spec(tmp_path), "f" * 64), labels={})
    machine.world.engine.containers[NAME] = foreign
    machine.boot()
    assert machine.record["code"] == "container_name_taken"
    assert machine.world.engine.containers[NAME] == foreign


def test_a_mount_of_someone_else_is_left_alone(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.boot()
    path = tmp_path / "volume"
    foreign = replace(machine.world.mounts.table[path], device_number="8:1")
    machine.world.mounts.table[path] = foreign
    machine.boot()
    assert machine.record["code"] == "mount_point_busy"
    assert machine.world.mounts.table == {path: foreign}


def test_a_bug_is_recorded_announced_and_raised(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path, ec2=FakeEc2(raises=ZeroDivisionError("oops")))
    with pytest.raises(ZeroDivisionError):
        machine.boot()
    assert (machine.record["outcome"], machine.record["code"]) == ("failed", "internal_error")
    reason = "internal_error: ZeroDivisionError: oops"
    assert machine.told == [Told(success=False, reason=reason)]


def test_without_root_nothing_is_touched(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path, machine=FakeMachine(is_root=False))
    with pytest.raises(ConfigError, match="needs root") as caught:
        machine.boot()
    assert (caught.value.code, list(tmp_path.iterdir())) == ("not_root", [])


def test_a_second_boot_at_the_same_time_is_refused_and_announces_nothing(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    with StateDirectory(tmp_path / "state").locked(), pytest.raises(Busy):
        machine.boot()
    assert (machine.told, machine.row_status) == ([], "no row")


def test_observers_see_every_step(tmp_path: Path) -> None:
    seen: list[str] = []
    Machine.make(tmp_path).boot(lambda step: seen.append(step.name))
    assert {name: seen.count(name) for name in seen} == dict.fromkeys(STEPS, 2)
