"""Whole runs of the boot on a machine that has a registered replica, which may be well or not."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from fakes.boot import KEY, NAME, Machine
from fakes.build import IMAGE_BY_TAG
from fakes.engine import FakeImageRegistry
from fakes.instance import FakeEc2
from fakes.service import HEALTHY, json_reply
from fakes.storage import FakeBlockDevices
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model import HttpReply
from ladybug_agent.model.storage import FilesystemProbe

DOWN = ExternalFailure("image_registry_unreachable", "no such host")
THROTTLED = ExternalFailure("aws_throttled", "throttled")


def registered_then_unhealthy(tmp_path: Path) -> Machine:
    """A machine that registered, and whose service then went bad."""
    machine = Machine.make(tmp_path)
    assert machine.boot().error is None
    machine.world.http.replies["/health"] = HttpReply(status=503, body=b"{}")
    return machine


def test_a_rerun_that_finds_its_replica_unhealthy_withdraws_the_row(tmp_path: Path) -> None:
    machine = registered_then_unhealthy(tmp_path)
    assert machine.boot().error is not None
    row = machine.world.instance_registry.rows[KEY]
    assert (row["status"], row["reason_code"]) == ("unhealthy", "health_not_ok")


def test_a_rerun_after_that_registers_again(tmp_path: Path) -> None:
    machine = registered_then_unhealthy(tmp_path)
    machine.boot()
    machine.world.http.replies["/health"] = json_reply(HEALTHY)
    assert machine.boot().error is None
    row = machine.world.instance_registry.rows[KEY]
    assert (row["status"], "reason_code" in row) == ("healthy", False)


def test_a_rerun_told_to_stop_leaves_a_replica_that_serves_registered(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.boot()
    machine.boot_cancelled_at("mount", "done")
    assert (machine.record["outcome"], machine.row_status) == ("cancelled", "healthy")


def test_a_rerun_told_to_stop_after_replacing_the_container_withdraws_it(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.boot()
    del machine.world.engine.containers[NAME]
    machine.boot_cancelled_at("start_container", "done")
    assert (machine.row_status, machine.container_status) == ("unhealthy", "exited")


def test_a_row_that_cannot_be_withdrawn_does_not_hide_the_reason(tmp_path: Path) -> None:
    machine = registered_then_unhealthy(tmp_path)
    machine.world.instance_registry.raises = ExternalFailure("aws_throttled", "throttled")
    machine.boot()
    assert (machine.record["code"], machine.statuses["withdraw"]) == ("health_not_ok", "failed")


def test_what_cannot_be_undone_is_a_warning_in_the_log(
    tmp_path: Path, log_output: io.StringIO
) -> None:
    machine = registered_then_unhealthy(tmp_path)
    machine.world.engine.containers.clear()
    machine.world.engine.refuses["stop"] = DOWN
    machine.world.instance_registry.raises = DOWN
    machine.boot()
    lines = [json.loads(line) for line in log_output.getvalue().splitlines()]
    assert [(line["event"], line["code"]) for line in lines if line["level"] == "warning"] == [
        ("row_not_withdrawn", DOWN.code),
        ("container_not_stopped", DOWN.code),
    ]


def test_a_withdrawal_is_recorded(tmp_path: Path) -> None:
    machine = registered_then_unhealthy(tmp_path)
    machine.boot()
    assert machine.record["steps"][-1]["facts"] == {"withdrawn": True}


def with_parts(machine: Machine, **parts: Any) -> Machine:
    """The same machine, with some of its world gone bad since."""
    return replace(machine, world=replace(machine.world, **parts))


def test_an_outage_during_a_rerun_leaves_a_replica_that_serves_registered(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path, config={"container.image": IMAGE_BY_TAG})
    machine.boot()
    throttled = FakeImageRegistry(raises=THROTTLED)
    assert with_parts(machine, image_registry=throttled).boot().error is not None
    assert (machine.row_status, machine.container_status) == ("healthy", "running")


def test_an_outage_of_ec2_during_a_rerun_is_no_failure(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.boot()
    assert with_parts(machine, ec2=FakeEc2(raises=THROTTLED)).boot().error is None
    row = machine.world.instance_registry.rows[KEY]
    assert (row["status"], row["volume_check"]) == ("healthy", "unverified")


def test_a_rerun_that_cannot_start_the_new_container_withdraws_the_row(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.boot()
    del machine.world.engine.containers[NAME]
    machine.world.engine.refuses["run"] = ExternalFailure("container_port_in_use", "in use")
    assert machine.boot().error is not None
    assert (machine.row_status, machine.container_status) == ("unhealthy", "absent")


def test_a_rerun_that_finds_the_snapshot_wrong_withdraws_the_row(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.boot()
    blank = FakeBlockDevices(machine.clock, probe=FilesystemProbe())
    assert with_parts(machine, block_devices=blank).boot().error is not None
    assert machine.row_status == "unhealthy"
