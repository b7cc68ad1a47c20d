"""A whole life: cloud-init, stub, bundle, boot, registration; a reboot; the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ladybug_lab.depot import DATABASE
from ladybug_lab.packages import SAMPLE_QUERY
from vm.chapters import chapters
from vm.conftest import Launch, Measured
from vm.inside import MOUNT, mounted_from, serial_of
from vm.instance import BOOT, Instance
from vm.surroundings import await_

pytestmark = [pytest.mark.vm, pytest.mark.cold, pytest.mark.fast]

INSTALL_LOG = "/var/log/ladybug-agent-install.log"
CLOUD_INIT_DONE = "/run/cloud-init/result.json"
SIGNALS_S = 60.0
LEASE_S = 300.0
DRAIN_S = 300.0
REBOOT_S = 600.0


def test_an_instance_boots_registers_reboots_and_leaves(launch: Launch, measured: Measured) -> None:
    instance = launch()
    instance.stack.offer_user_data({"data": {"open_check": True}})
    instance.power_on()
    row = instance.await_registered()
    measured(boot_to_registration_s=instance.on.age_s(), boot_cpu_s=instance.on.cpu_s())
    with chapters() as tell:
        tell(those_outside_were_told, instance, row)
        tell(cloud_init_ran_the_stub, instance)
        tell(the_volume_was_found_sealed_and_verified, instance)
        tell(the_replica_answers_a_real_query, instance)
        tell(the_health_check_moves_the_lease, instance)
        tell(diagnose_finds_nothing_wrong, instance)
        tell(timeline_covers_kernel_to_registration, instance)
        tell(a_reboot_converges, instance, row)
        measured(reboot_to_registration_s=instance.on.age_s(), total_cpu_s=instance.on.cpu_s())
        tell(auto_scaling_s_word_makes_it_leave, instance)


def those_outside_were_told(instance: Instance, row: dict[str, Any]) -> None:
    there = instance.stack.provisioned
    assert (row["volume_id"], row["snapshot_id"]) == (there.volume_id, there.snapshot_id)
    assert row["image_digest"] == instance.stack.depot.digest
    assert row["agent_version"] == instance.stack.bundle.version
    # The row comes first: who is told may ask for it.
    await_(
        "both signals", lambda: told(instance) == (["SUCCESS"], ["CONTINUE"]), within_s=SIGNALS_S
    )


def told(instance: Instance) -> tuple[list[str], list[str]]:
    return instance.stack.signalled(), instance.stack.completed()


def cloud_init_ran_the_stub(instance: Instance) -> None:
    guest = instance.on.guest
    text = await_("the end of cloud-init", lambda: guest.read(CLOUD_INIT_DONE), within_s=120.0)
    result = json.loads(text)["v1"]
    assert result == {"datasource": "DataSourceEc2Local", "errors": []}
    assert guest.read("/run/cloud-init/cloud-id").strip() == "aws"
    log = guest.read(INSTALL_LOG)
    version = instance.stack.bundle.version
    assert f"{version} is installed and its boot started" in log
    complete = guest.read(f"/opt/ladybug-agent/{version}/.complete").strip()
    assert complete == instance.stack.bundle.sha256


def the_volume_was_found_sealed_and_verified(instance: Instance) -> None:
    assert serial_of(instance, mounted_from(instance)) == instance.volume.serial
    record = instance.record()
    assert record["outcome"] == "registered"
    assert {step["status"] for step in record["steps"]} == {"done"}


def the_replica_answers_a_real_query(instance: Instance) -> None:
    answer = instance.ask_service(f"/databases/{DATABASE}/query", {"cypher": SAMPLE_QUERY})
    assert answer["columns"] == ["package", "summary", "dependants"]
    assert len(answer["rows"]) == 5


def the_health_check_moves_the_lease(instance: Instance) -> None:
    assert instance.show("ladybug-health.timer", "ActiveState") == "active"
    before = instance.stack.row()["lease_expires_at"]
    await_(
        "a later end of the lease",
        lambda: instance.stack.row()["lease_expires_at"] > before,
        within_s=LEASE_S,
    )
    assert instance.stack.row()["status"] == "healthy"


def diagnose_finds_nothing_wrong(instance: Instance) -> None:
    found = instance.agent("diagnose", "--timeout", "100")
    bad = [one for one in found["checks"] if one["status"] in {"fail", "error"}]
    assert (found["good"], bad) == (True, [])


def timeline_covers_kernel_to_registration(instance: Instance) -> None:
    found = instance.agent("timeline")
    assert found["outcome"] == "registered"
    sources = {span["source"] for span in found["spans"]}
    names = {span["name"] for span in found["spans"]}
    assert {"systemd", "cloud-init", "stub", "agent"} <= sources, sources
    assert {"kernel", "user data", "register"} <= names, names
    assert found["missing"] == []
    assert 0 < found["registered_s"] < instance.on.age_s()


def a_reboot_converges(instance: Instance, before: dict[str, Any]) -> None:
    instance.reboot(within_s=REBOOT_S)
    row = instance.await_registered(since=before)
    assert row["registration_id"] != before["registration_id"]
    assert row["boot_id"] != before["boot_id"]
    assert instance.record()["outcome"] == "registered"
    # User data ran once, in the instance's first boot; the units are enough.
    assert instance.on.guest.read(INSTALL_LOG).count("ladybug-agent stub: started") <= 1
    assert instance.show(BOOT, "StatusText") == "registered"


def auto_scaling_s_word_makes_it_leave(instance: Instance) -> None:
    stack = instance.stack
    stack.imds.facts = replace(stack.imds.facts, target_lifecycle_state="Terminated")
    left: Callable[[], bool] = lambda: stack.row()["status"] == "terminated"  # noqa: E731
    await_("a terminated row", left, within_s=DRAIN_S)
    assert stack.row()["reason_code"] == "asg_termination"
    guest = instance.on.guest
    assert guest.run("/bin/findmnt", MOUNT).status == 1
    running = guest.shell("docker ps --quiet --filter name=graph-api-shared")
    assert running.strip() == ""
