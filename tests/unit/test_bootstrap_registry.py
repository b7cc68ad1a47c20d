"""The boot and the registry: a call that hangs, and a container that serves for someone else."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.boot import KEY, NAME, Machine
from fakes.clock import FakeClock
from fakes.engine import FakeEngine, running_container
from fakes.evidence import a_spec
from fakes.instance import BOOT
from fakes.registry import FakeRegistry
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.exit_status import exit_status
from ladybug_agent.ports import Row
from ladybug_agent.resources.container_rules import SPEC_LABEL

THEIRS: Row = {
    "instance_id": KEY,
    "registration_id": "theirs",
    "boot_id": BOOT.boot_id,
    "booted_at": BOOT.booted_at,
    "status": "healthy",
    "lease_expires_at": 2**40,
    "write_id": "theirs",
}
UNREACHABLE = ExternalFailure("container_engine_unreachable", "found no Docker engine")


class HangingRegistry(FakeRegistry):
    """A table whose write never ends; SIGTERM comes while it is under way."""

    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline
        self.over = threading.Event()

    def put(self, row: Row, *, now: int) -> None:
        del row, now
        self._deadline.cancel()
        self.over.wait(10)


def test_a_boot_told_to_stop_during_the_write_does_not_wait_for_its_end(tmp_path: Path) -> None:
    clock = FakeClock()
    deadline = Deadline.after(900.0, clock)
    registry = HangingRegistry(deadline)
    machine = Machine.make(tmp_path, clock, instance_registry=registry)
    ending = machine.boot(deadline=deadline)
    still_hangs = not registry.over.is_set()
    registry.over.set()
    assert (ending.record["outcome"], still_hangs) == ("cancelled", True)
    assert (machine.statuses["register"], machine.container_status) == ("cancelled", "exited")


def serving_for_them(tmp_path: Path, held: Row = THEIRS) -> Machine:
    """A machine on which a container of another specification serves, under that row."""
    machine = Machine.make(tmp_path, instance_registry=FakeRegistry(held))
    spec = a_spec(tmp_path)
    theirs = replace(spec, labels={**spec.labels, SPEC_LABEL: "theirs"})
    machine.world.engine.containers[NAME] = running_container(theirs, "their-container")
    return machine


def test_a_container_that_serves_for_another_registration_is_not_taken_away(
    tmp_path: Path,
) -> None:
    machine = serving_for_them(tmp_path)
    ending = machine.boot()
    assert ending.error is not None
    assert (exit_status(ending.error), machine.record["code"]) == (3, "registration_fenced")
    found = machine.world.engine.containers[NAME]
    assert (found.container_id, found.status) == ("their-container", "running")
    assert machine.world.instance_registry.rows[KEY] == THEIRS


@pytest.mark.parametrize(
    "held",
    [
        {**THEIRS, "boot_id": "older", "booted_at": BOOT.booted_at - 60},
        {**THEIRS, "status": "terminated"},
        {**THEIRS, "lease_expires_at": 1},
    ],
    ids=["an older boot", "terminated", "no lease left"],
)
def test_a_container_left_by_a_registration_that_is_over_is_replaced(
    tmp_path: Path, held: Row
) -> None:
    machine = serving_for_them(tmp_path, held)
    assert machine.boot().error is None
    assert machine.world.engine.containers[NAME].container_id != "their-container"


def test_a_container_whose_row_cannot_be_read_is_not_taken_away(tmp_path: Path) -> None:
    machine = serving_for_them(tmp_path)
    machine.world.instance_registry.raises = ExternalFailure("aws_unreachable", "no connection")
    assert machine.boot().record["code"] == "aws_unreachable"
    assert machine.world.engine.containers[NAME].container_id == "their-container"


class StartingEngine(FakeEngine):
    """An engine that answers nothing until it has been asked so many times."""

    asked = 0
    silent_for = 5

    def container(self, name: str):  # type: ignore[no-untyped-def]  # noqa: ANN201
        self.asked += 1
        if self.asked <= self.silent_for:
            raise UNREACHABLE
        return super().container(name)


def test_an_engine_that_is_still_starting_is_waited_for(tmp_path: Path) -> None:
    clock = FakeClock()
    machine = Machine.make(tmp_path, clock, engine=StartingEngine(clock))
    assert machine.boot().error is None


def test_an_engine_that_never_starts_ends_the_boot_in_time(tmp_path: Path) -> None:
    clock = FakeClock()
    engine = FakeEngine(clock, refuses={"container": UNREACHABLE})
    machine = Machine.make(tmp_path, clock, engine=engine)
    ending = machine.boot()
    pulled = next(s for s in machine.record["steps"] if s["name"] == "pull_image")
    assert (ending.record["code"], pulled["duration_s"]) == ("container_engine_unreachable", 60.0)
