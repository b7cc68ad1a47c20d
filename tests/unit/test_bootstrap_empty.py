"""Whole runs of the boot of a first deployment: without data, because it was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.boot import KEY, NAME, Machine
from fakes.build import a_config
from fakes.clock import FakeClock
from fakes.data_faults import DATA_FAULTS
from fakes.fault import Fault, fails
from fakes.instance import FakeEc2
from fakes.service import HEALTHY, FakeHttp, json_reply
from fakes.storage import FakeBlockDevices
from ladybug_agent.model.storage import FilesystemProbe

BY_REQUEST = {"data.mode": "empty", "data.databases": ()}


def an_empty_machine(tmp_path: Path, **parts: object) -> Machine:
    clock = FakeClock()
    http = FakeHttp(clock, replies={"/health": json_reply({**HEALTHY, "database_count": 0})})
    return Machine.make(tmp_path, clock, config=BY_REQUEST, **{"http": http, **parts})


def test_an_empty_replica_is_registered_and_says_so(tmp_path: Path) -> None:
    machine = an_empty_machine(tmp_path)
    assert machine.boot().error is None
    row = machine.world.instance_registry.rows[KEY]
    assert (row["status"], row["data_state"], row["degraded"], row["degraded_reasons"]) == (
        "healthy",
        "empty by request",
        True,
        "empty_by_request",
    )


def test_an_empty_replica_has_no_databases(tmp_path: Path) -> None:
    machine = an_empty_machine(tmp_path)
    machine.boot()
    row = machine.world.instance_registry.rows[KEY]
    assert (row["database_count"], row["shared_repositories"], row["total_size_gb"]) == (0, "", 0.0)


def test_an_empty_replica_runs_its_own_steps(tmp_path: Path) -> None:
    machine = an_empty_machine(tmp_path)
    machine.boot()
    assert set(machine.statuses) == {
        "identity",
        "pull_image",
        "prepare_empty",
        "open_databases",
        "start_container",
        "await_healthy",
        "await_warm",
        "register",
        "signal",
    }


def test_an_empty_replica_asks_neither_ec2_nor_the_disks(tmp_path: Path) -> None:
    machine = an_empty_machine(tmp_path)
    machine.boot()
    world = machine.world
    assert (world.ec2.looks, world.ec2.snapshot_looks, world.block_devices.looked_at_s) == (
        0,
        0,
        [],
    )


def test_an_empty_replica_touches_no_volume_that_is_there(tmp_path: Path) -> None:
    machine = an_empty_machine(tmp_path)
    machine.boot()
    devices = machine.world.block_devices
    assert (devices.sealed, devices.state.written, machine.world.mounts.table) == (set(), False, {})


def test_an_empty_replica_binds_an_empty_directory_read_only(tmp_path: Path) -> None:
    machine = an_empty_machine(tmp_path)
    machine.boot()
    (bind,) = machine.world.engine.containers[NAME].binds
    directory = tmp_path / "state" / "empty"
    assert (bind.source, bind.read_only, list(directory.iterdir())) == (str(directory), True, [])


def test_nothing_is_opened_in_an_empty_replica(tmp_path: Path) -> None:
    """The engine would be asked in vain, and refuses."""
    machine = an_empty_machine(tmp_path)
    machine.world.engine.refuses["run_once"] = fails("container_engine_refused")
    assert machine.boot().error is None


@pytest.mark.parametrize(
    "parts",
    [
        {"ec2": FakeEc2(raises=fails("aws_access_denied"))},
        {"block_devices": FakeBlockDevices(FakeClock(), probe=FilesystemProbe())},
    ],
    ids=["EC2 denies", "a blank volume"],
)
def test_an_empty_replica_does_not_care_about_volumes(
    parts: dict[str, object], tmp_path: Path
) -> None:
    assert an_empty_machine(tmp_path, **parts).boot().error is None


def test_an_empty_replica_boots_again_without_a_change(tmp_path: Path) -> None:
    machine = an_empty_machine(tmp_path)
    machine.boot()
    container, writes = (
        machine.world.engine.containers[NAME],
        machine.world.instance_registry.writes,
    )
    machine.boot()
    assert machine.world.engine.containers[NAME] == container
    assert machine.world.instance_registry.writes == writes


def test_a_directory_that_is_not_empty_is_not_served(tmp_path: Path) -> None:
    machine = an_empty_machine(tmp_path)
    directory = tmp_path / "state" / "empty"
    directory.mkdir(parents=True)
    (directory / "sec.lbug").touch()
    machine.boot()
    assert (machine.record["code"], machine.container_status, machine.row_status) == (
        "empty_directory_not_empty",
        "absent",
        "no row",
    )


def test_a_replica_that_gets_its_data_replaces_the_empty_one(tmp_path: Path) -> None:
    empty = an_empty_machine(tmp_path)
    empty.boot()
    before = empty.world.engine.containers[NAME]
    empty.world.http.replies["/health"] = json_reply(HEALTHY)
    full = Machine(clock=empty.clock, config=a_config(tmp_path), world=empty.world)
    assert full.boot().error is None
    row = full.world.instance_registry.rows[KEY]
    assert (row["data_state"], row["degraded"], full.container_status) == (
        "snapshot",
        False,
        "running",
    )
    assert full.world.engine.containers[NAME].container_id != before.container_id


@pytest.mark.parametrize("fault", DATA_FAULTS, ids=lambda fault: f"{fault.step}-{fault.code}")
def test_no_fault_of_the_data_makes_a_replica_empty(fault: Fault, tmp_path: Path) -> None:
    machine = Machine.with_fault(tmp_path, fault)
    machine.boot()
    assert (machine.row_status, (tmp_path / "state" / "empty").exists()) == ("no row", False)
