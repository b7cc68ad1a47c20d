"""Whole runs of the boot in which something fails: nothing unproven is left to serve."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from fakes.boot import BRANCHES, STEPS, Machine
from fakes.clock import FakeClock, waited_s
from fakes.engine import FakeEngine
from fakes.fault import NEVER, Fault
from fakes.faults import FAULTS
from fakes.storage import FakeBlockDevices
from ladybug_agent.boot_process import Ending
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.exit_status import exit_status
from ladybug_agent.model.storage import FilesystemProbe
from ladybug_agent.waiting import STEADY

DOWN = ExternalFailure("image_registry_unreachable", "no such host")


@dataclass(frozen=True, slots=True)
class Failed:
    """A boot that failed, with the fault that it met."""

    fault: Fault
    machine: Machine
    ending: Ending


def by_name(fault: Fault) -> str:
    return f"{fault.step}-{fault.code}"


@pytest.fixture(scope="module", params=FAULTS, ids=by_name)
def failed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Failed:
    """One boot for each fault; the tests only look at what it left."""
    fault: Fault = request.param
    machine = Machine.with_fault(tmp_path_factory.mktemp("machine"), fault)
    return Failed(fault, machine, machine.boot())


def test_a_fault_fails_the_boot_at_its_step_with_its_code(failed: Failed) -> None:
    record, statuses = failed.machine.record, failed.machine.statuses
    assert (record["outcome"], record["code"], statuses[failed.fault.step]) == (
        "failed",
        failed.fault.code,
        "failed",
    )


def test_a_fault_ends_the_process_with_its_exit_status(failed: Failed) -> None:
    assert failed.ending.error is not None
    assert exit_status(failed.ending.error) == failed.fault.exit_status


def test_after_a_fault_no_row_says_healthy_and_nothing_runs(failed: Failed) -> None:
    assert failed.machine.row_status == "no row"
    assert failed.machine.container_status in {"absent", "exited"}


def test_a_fault_is_announced_once_with_its_reason(failed: Failed) -> None:
    told = [(one.success, one.reason.partition(": ")[0]) for one in failed.machine.told]
    # An instance that is on its way out fails nothing that is not over.
    is_leaving = failed.fault.code == "instance_terminating"
    assert told == ([] if is_leaving else [(False, failed.fault.code)])


def test_after_a_fault_no_later_step_has_begun(failed: Failed) -> None:
    at = failed.fault.step
    later = set(STEPS[STEPS.index(at) + 1 : -1])
    begun = set(failed.machine.statuses) & later
    assert begun <= (BRANCHES if at in BRANCHES else set())


@pytest.mark.parametrize("step", STEPS[:-1])
def test_every_step_has_a_fault(step: str) -> None:
    assert step in {fault.step for fault in FAULTS}


def test_a_failing_data_branch_cancels_the_pull(tmp_path: Path) -> None:
    clock = FakeClock()
    machine = Machine.make(
        tmp_path,
        clock,
        block_devices=FakeBlockDevices(clock, probe=FilesystemProbe()),
        engine=FakeEngine(clock, pull_held=True),
    )
    machine.boot()
    assert (machine.record["code"], machine.statuses["pull_image"]) == (
        "filesystem_missing",
        "cancelled",
    )


def test_a_failing_pull_cancels_the_data_branch(tmp_path: Path) -> None:
    clock = FakeClock(stands_still=True)
    machine = Machine.make(
        tmp_path,
        clock,
        block_devices=FakeBlockDevices(clock, appear_after_s=NEVER),
        engine=FakeEngine(clock, refuses={"pull": DOWN}),
    )
    machine.boot()
    assert (machine.record["code"], machine.statuses["find_volume"]) == (
        "image_registry_unreachable",
        "cancelled",
    )


def test_the_boot_as_a_whole_has_its_deadline(tmp_path: Path) -> None:
    clock = FakeClock()
    machine = Machine.make(
        tmp_path,
        clock,
        config={"instance.boot_timeout_s": 30.0},
        block_devices=FakeBlockDevices(clock, appear_after_s=60.0),
    )
    machine.boot()
    waited = next(s for s in machine.record["steps"] if s["name"] == "find_volume")
    assert (waited["status"], waited["duration_s"]) == ("failed", 30.0)


def test_each_branch_has_its_own_time(tmp_path: Path) -> None:
    clock = FakeClock()
    machine = Machine.make(
        tmp_path,
        clock,
        block_devices=FakeBlockDevices(clock, appear_after_s=0.1),
        engine=FakeEngine(clock, pull_s=40.0),
    )
    machine.boot()
    took = {step["name"]: step["duration_s"] for step in machine.record["steps"]}
    assert (took["find_volume"], took["pull_image"]) == (waited_s(STEADY, 1), 40.0)
