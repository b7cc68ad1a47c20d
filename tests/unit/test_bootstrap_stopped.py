"""Whole runs of the boot that are told to stop, at every step boundary."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from fakes.boot import KEY, STEPS, Machine
from fakes.orchestrator import Told
from ladybug_agent.boot_process import Ending

# Up to the write itself, a boot that is told to stop leaves nothing behind.
BOUNDARIES = [
    (name, status) for name in STEPS[: STEPS.index("register")] for status in ("running", "done")
]
BOUNDARIES.append(("register", "running"))


@dataclass(frozen=True, slots=True)
class Stopped:
    """A boot that was told to stop."""

    machine: Machine
    ending: Ending


@pytest.fixture(scope="module", params=BOUNDARIES, ids="-".join)
def stopped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stopped:
    """One boot for each boundary; the tests only look at what it left."""
    name, status = request.param
    machine = Machine.make(tmp_path_factory.mktemp("machine"))
    return Stopped(machine, machine.boot_cancelled_at(name, status))


def test_a_boot_stopped_at_any_boundary_ends_as_cancelled(stopped: Stopped) -> None:
    record = stopped.ending.record
    assert (record["outcome"], record["code"]) == ("cancelled", "cancelled")


def test_a_boot_stopped_at_any_boundary_announces_nothing(stopped: Stopped) -> None:
    assert stopped.machine.told == []


def test_a_boot_stopped_at_any_boundary_leaves_nothing_half_done(stopped: Stopped) -> None:
    machine = stopped.machine
    assert (machine.row_status, "running" in machine.statuses.values()) == ("no row", False)
    assert machine.container_status in {"absent", "exited"}


def test_a_boot_stopped_before_the_container_starts_none(stopped: Stopped) -> None:
    begun = stopped.machine.statuses.get("start_container")
    assert (stopped.machine.container_status == "absent") == (begun in {None, "cancelled"})


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "status"), BOUNDARIES)
def test_a_boot_stopped_at_any_boundary_can_be_run_again(
    name: str, status: str, tmp_path: Path
) -> None:
    machine = Machine.make(tmp_path)
    machine.boot_cancelled_at(name, status)
    assert machine.boot().error is None
    assert (machine.container_status, machine.row_status) == ("running", "healthy")


@pytest.mark.parametrize(("name", "status"), [("register", "done"), ("signal", "running")])
def test_a_boot_told_to_stop_after_the_write_ends_as_registered(
    name: str, status: str, tmp_path: Path
) -> None:
    machine = Machine.make(tmp_path)
    ending = machine.boot_cancelled_at(name, status)
    assert (ending.record["outcome"], machine.told, machine.container_status) == (
        "registered",
        [Told(success=True, reason=KEY)],
        "running",
    )
