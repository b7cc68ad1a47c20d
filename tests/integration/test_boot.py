"""The whole boot on real parts: once, again, after a reboot, with a late disk."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from ladybug_lab.agent_process import Event, run_agent
from ladybug_lab.depot import Depot, forget_local_image
from ladybug_lab.instance import LabInstance, unmount_all
from ladybug_lab.volumes.image import attach, detach
from support.booting import boot, container_of, mounted, record_of, row_of
from support.reboot import proc_after_reboot, scripted_boot
from support.volumes import is_sealed, journal_is_dirty, make_journal_dirty

pytestmark = pytest.mark.integration


def test_a_fresh_instance_becomes_a_registered_replica(instance: LabInstance, depot: Depot) -> None:
    forget_local_image(depot)
    run = boot(instance)
    assert run.status == 0, run.events
    row = row_of(instance)
    assert row is not None
    assert (row["status"], row["node_type"]) == ("healthy", "shared_replica")
    assert row["volume_id"] == instance.provisioned.volume_id
    assert row["snapshot_id"] == instance.provisioned.snapshot_id
    assert row["image_digest"] == depot.digest
    assert row["version_check"] == "passed"
    assert record_of(instance)["outcome"] == "registered"


def test_the_stack_and_the_launch_hook_hear_of_success(instance: LabInstance) -> None:
    boot(instance)
    there = instance.provisioned
    signal = instance.aws.signals[-1]
    assert (signal.stack_name, signal.unique_id) == (there.stack_name, there.instance_id)
    assert (signal.status, signal.accepted) == ("SUCCESS", True)
    completed = instance.aws.lifecycle_results[-1]
    assert (completed.result, completed.instance_id) == ("CONTINUE", there.instance_id)


@pytest.mark.alone
def test_a_boot_asks_ec2_once_and_registers_with_one_write(instance: LabInstance) -> None:
    instance.aws.calls.clear()
    boot(instance)
    asked = instance.aws.calls
    # The manifest on the volume tells the age of the data: DescribeSnapshots is not needed.
    assert [call for call in asked if call[0] == "ec2"] == [("ec2", "DescribeVolumes")]
    assert asked.count(("dynamodb", "PutItem")) == 1


@pytest.mark.alone
def test_running_it_again_changes_nothing_within_a_second(instance: LabInstance) -> None:
    boot(instance)
    row, mount = row_of(instance), mounted(instance)
    with container_of(instance) as container:
        container_id = container.id
    began = time.monotonic()
    again = boot(instance)
    took_s = time.monotonic() - began
    assert again.status == 0
    assert row_of(instance) == row
    assert mounted(instance) == mount
    with container_of(instance) as container:
        assert container.id == container_id
    assert took_s < 1.0


def test_a_reboot_converges_with_a_new_registration(instance: LabInstance, tmp_path: Path) -> None:
    boot(instance)
    before = row_of(instance)
    with container_of(instance) as container:
        container.stop(timeout=5)
    unmount_all(instance.mount_point)
    shutil.rmtree(instance.state_directory)
    subprocess.run(["blockdev", "--setrw", str(instance.device.node)], check=True)

    after_reboot = scripted_boot(instance, proc=proc_after_reboot(tmp_path / "proc"))

    assert after_reboot.returncode == 0, after_reboot.stderr
    row = row_of(instance)
    assert before is not None
    assert row is not None
    assert row["status"] == "healthy"
    assert row["registration_id"] != before["registration_id"]
    assert row["boot_id"] != before["boot_id"]
    with container_of(instance) as container:
        assert container.status == "running"


def test_a_disk_that_comes_late_is_taken_as_soon_as_it_is_there(instance: LabInstance) -> None:
    detach(instance.device)
    late_s = 3.0
    attaching = threading.Timer(late_s, attach, args=[instance.device.image])
    attaching.start()
    try:
        run = boot(instance)
    finally:
        attaching.join()
    waited = next(s for s in record_of(instance)["steps"] if s["name"] == "await_device")
    assert run.status == 0, run.events
    # A poll comes every 2 s at most: woken by the event, the boot is faster than that.
    assert waited["duration_s"] < late_s + 0.5


def test_a_dirty_journal_is_replayed_once_and_the_device_sealed(instance: LabInstance) -> None:
    detach(instance.device)
    make_journal_dirty(instance.device.image)
    device = attach(instance.device.image)
    assert journal_is_dirty(device)
    run = boot(instance)
    # The databases directory has its name only in the journal: without a replay it is not there.
    assert run.status == 0, run.events
    assert is_sealed(device)


def test_status_tells_of_the_boot_and_of_what_is_true_now(instance: LabInstance) -> None:
    boot(instance)
    arguments = ["status", "--config", str(instance.config_file), "--format", "json"]
    good = run_agent(arguments, instance.environment(), timeout_s=20)
    with container_of(instance) as container:
        container.stop(timeout=5)
    bad = run_agent(arguments, instance.environment(), timeout_s=20)
    assert (good.status, good.document()["good"]) == (0, True)
    assert (bad.status, bad.document()["outcome"]) == (1, "registered")
    found = {f["subject"]: f["verdict"] for f in bad.document()["findings"]}
    assert found == {"mount": "good", "container": "bad", "service": "bad"}


def test_a_boot_told_to_stop_while_the_registry_hangs_ends_at_once(instance: LabInstance) -> None:
    instance.aws.faults.add("PutItem", delay_s=30.0)
    told_at: list[float] = []

    def stop(event: Event) -> None:
        if (event["event"], event.get("step")) == ("step_started", "register"):
            threading.Timer(0.5, os.kill, (record_of(instance)["pid"], signal.SIGTERM)).start()
            told_at.append(time.monotonic() + 0.5)

    argv = ["bootstrap", "--config", str(instance.config_file), "--format", "json"]
    run = run_agent(argv, instance.environment(), timeout_s=60, on_event=stop)
    assert time.monotonic() - told_at[0] < 14  # the container has 10 s to stop
    assert (run.status, run.document()["outcome"]) == (1, "cancelled")
    instance.aws.faults.clear()
    row = row_of(instance)
    assert row is None or row["status"] == "unhealthy"
