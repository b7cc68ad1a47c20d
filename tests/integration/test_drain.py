"""A replica leaves, on a real engine and a real mount."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from contextlib import ExitStack

import pytest

from ladybug_lab.instance import LabInstance
from support.booting import boot, container_status, engine, mounted, row_of
from support.leaving import (
    ARN,
    HOOK,
    agent,
    drain_record,
    replace_by_hand,
    serving,
    step_of,
)

pytestmark = pytest.mark.integration


def test_a_replica_leaves_in_order_and_a_second_drain_finds_it_done(instance: LabInstance) -> None:
    serving(instance)
    done = agent(instance, "drain", "--trigger", "spot_interruption")
    record = done.document()
    assert (done.status, record["result"]) == (0, "drained"), record
    assert (container_status(instance), mounted(instance)) == ("exited", None)
    row = row_of(instance)
    assert row is not None
    assert (row["status"], row["reason_code"]) == ("terminated", "spot_interruption")
    assert instance.aws.target_groups.state(ARN, instance.provisioned.instance_id) == "unused"
    completed = [one for one in instance.aws.lifecycle_results if one.hook == HOOK]
    assert [(one.result, one.instance_id, one.accepted) for one in completed] == [
        ("CONTINUE", instance.provisioned.instance_id, True)
    ]
    again = agent(instance, "drain")
    assert (again.status, again.document()["result"]) == (0, "already-drained")
    assert row_of(instance) == row


def test_clients_are_waited_for_until_they_have_gone(instance: LabInstance) -> None:
    """What comes by way of the published port counts, also where the machine has no such row."""
    serving(instance)
    with engine() as client, ExitStack() as stack:
        inside = client.containers.get(instance.order.container)
        address = inside.attrs["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
        for host in ("127.0.0.1", address):
            open_one = socket.create_connection((host, instance.order.port))
            stack.callback(open_one.close)
        began = time.monotonic()
        threading.Timer(4.0, stack.pop_all().close).start()
        record = agent(instance, "drain").document()
    step = step_of(record, "await_connections")
    assert (record["result"], step["verdict"]) == ("drained", "done")
    assert 3.0 < time.monotonic() - began < 30.0


def test_clients_that_stay_are_cut_within_the_budget(instance: LabInstance) -> None:
    serving(instance, budget_s=45, stop_grace_s=2)
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", instance.order.port)):
        record = agent(instance, "drain").document()
    assert time.monotonic() - began < 45
    assert step_of(record, "await_connections")["detail"] == "connections_open"
    assert (record["result"], container_status(instance)) == ("drained", "exited")


def test_an_operator_takes_a_drain_back(instance: LabInstance) -> None:
    serving(instance)
    instance.aws.target_groups.deregistration_delay_s = 600
    draining = threading.Thread(target=agent, args=(instance, "drain"))
    draining.start()
    give_up = time.monotonic() + 20
    while (row_of(instance) or {}).get("status") != "draining" and time.monotonic() < give_up:
        time.sleep(0.1)
    time.sleep(1.0)
    undone = agent(instance, "drain", "--undo")
    draining.join()
    assert (undone.status, undone.document()["result"]) == (0, "undone"), undone.events
    assert drain_record(instance)["phase"] == "undone"
    row = row_of(instance)
    assert row is not None
    assert (row["status"], container_status(instance)) == ("unhealthy", "running")
    assert instance.aws.target_groups.state(ARN, instance.provisioned.instance_id) == "initial"
    assert boot(instance).status == 0


def test_a_registry_that_hangs_holds_nobody(instance: LabInstance) -> None:
    """The row cannot be told; the container is stopped and the hook completed in time."""
    serving(instance, stop_grace_s=2)
    instance.aws.faults.add("UpdateItem", delay_s=30.0)
    began = time.monotonic()
    done = agent(instance, "drain", "--trigger", "asg_termination")
    assert time.monotonic() - began < 60
    assert (done.status, done.document()["result"]) == (4, "drained"), done.document()
    assert container_status(instance) == "exited"
    assert [one.accepted for one in instance.aws.lifecycle_results if one.hook == HOOK] == [True]


def test_a_paused_container_is_stopped_too(instance: LabInstance) -> None:
    serving(instance, stop_grace_s=2)
    with engine() as client:
        client.containers.get(instance.order.container).pause()
    record = agent(instance, "drain").document()
    assert (record["result"], container_status(instance)) == ("drained", "exited"), record


def test_a_mount_that_is_gone_and_a_device_that_is_detached_hold_nobody(
    instance: LabInstance,
) -> None:
    serving(instance)
    subprocess.run(["umount", "--lazy", str(instance.mount_point)], check=True)
    record = agent(instance, "drain").document()
    assert record["result"] == "drained"
    assert step_of(record, "unmount")["detail"] == "nothing is mounted"


def test_a_device_that_was_detached_holds_nobody(instance: LabInstance) -> None:
    serving(instance)
    subprocess.run(["umount", "--lazy", str(instance.mount_point)], check=True)
    subprocess.run(["losetup", "--detach", instance.device.node], check=True)
    record = agent(instance, "drain").document()
    row = row_of(instance)
    assert row is not None
    assert (record["result"], row["status"]) == ("drained", "terminated")


def test_what_the_operator_wants_is_kept_to_the_end(instance: LabInstance) -> None:
    serving(instance)
    instance.aws.client("dynamodb").update_item(
        TableName=instance.provisioned.table,
        Key={"instance_id": {"S": instance.provisioned.instance_id}},
        UpdateExpression="SET desired = :wanted",
        ExpressionAttributeValues={":wanted": {"S": "maintenance"}},
    )
    assert agent(instance, "refresh", "--force").document()["result"] == "updated"
    row = row_of(instance)
    assert row is not None
    assert (row["status"], row["desired"]) == ("healthy", "maintenance")
    assert agent(instance, "drain").document()["result"] == "drained"
    row = row_of(instance)
    assert row is not None
    assert (row["status"], row["desired"]) == ("terminated", "maintenance")


def test_a_container_replaced_by_hand_is_left_alone(instance: LabInstance) -> None:
    serving(instance)
    with engine() as client:
        replace_by_hand(client, instance.order.container)
    record = agent(instance, "drain").document()
    assert (record["result"], container_status(instance)) == ("drained", "running")
    row = row_of(instance)
    assert row is not None
    assert row["status"] == "terminated"


def test_a_replica_that_never_booted_leaves_too(instance: LabInstance) -> None:
    done = agent(instance, "drain")
    assert (done.status, done.document()["result"]) == (0, "drained")
    assert row_of(instance) is None


def test_a_boot_under_way_is_stopped_and_registers_nothing(instance: LabInstance) -> None:
    instance.aws.faults.add("DescribeVolumes", code="RequestLimitExceeded", status=503)
    booting: list[int] = []
    thread = threading.Thread(target=lambda: booting.append(boot(instance).status))
    thread.start()
    give_up = time.monotonic() + 20
    while not (instance.state_directory / "bootstrap.json").exists():
        assert time.monotonic() < give_up
        time.sleep(0.1)
    done = agent(instance, "drain", "--trigger", "asg_termination", "--budget", "30")
    thread.join()
    assert (done.document()["result"], booting, row_of(instance)) == ("drained", [1], None)


def test_a_second_agent_with_another_registration_is_refused(instance: LabInstance) -> None:
    serving(instance)
    theirs = instance.state_directory / "registration_id"
    theirs.write_text("somebody-else\n")
    done = agent(instance, "drain")
    row = row_of(instance)
    assert row is not None
    assert (done.status, row["status"], container_status(instance)) == (3, "healthy", "running")
