"""The units under a real systemd, with the real agent and a real replica."""

from __future__ import annotations

import shlex
import sysconfig
import time
from collections.abc import Iterator

import pytest

from ladybug_lab.instance import LabInstance
from support.booting import container_status, row_of
from support.leaving import HOOK, drain_record, serving, step_of
from support.systemd_machine import AGENT, PYTHON, ROOT, SystemdMachine, systemd_machine

pytestmark = pytest.mark.integration

HEALTH = "ladybug-health.service"
REPAIR = "ladybug-repair.service"
WATCH = "ladybug-watch.service"
FAILED = "ladybug-agent-failed@.service"
CONFIG = "/etc/ladybug-agent/config.toml"


@pytest.fixture
def machine(instance: LabInstance) -> Iterator[SystemdMachine]:
    """A machine that shares the replica's network, engine, state and mounts."""
    serving(instance, watch_interval_s=1, stop_grace_s=2)
    site = sysconfig.get_path("purelib")
    volumes = [
        f"{ROOT}:{ROOT}:ro",
        f"{site}:{site}:ro",
        f"{instance.order.directory}:{instance.order.directory}",
        "/var/run/docker.sock:/var/run/docker.sock",
    ]
    with systemd_machine("--network", "host", volumes=volumes) as booted:
        variables = {
            name: value for name, value in instance.environment().items() if name.startswith("AWS_")
        } | {"PYTHONPATH": f"{ROOT / 'agent'}:{site}", "PYTHONDONTWRITEBYTECODE": "1"}
        exports = "".join(f"export {n}={shlex.quote(v)}\n" for n, v in variables.items())
        booted.write(
            AGENT, f'#!/bin/sh\n{exports}exec {PYTHON} -m ladybug_agent "$@"\n', mode="755"
        )
        booted.write(CONFIG, instance.config_file.read_text(encoding="utf-8"))
        booted.install(HEALTH, REPAIR, WATCH, FAILED)
        # The state directory of this instance lies in /tmp, and the agent perhaps in /root.
        elsewhere = (
            f"[Service]\nPrivateTmp=no\nProtectHome=no\nReadWritePaths={instance.order.directory}\n"
        )
        booted.drop_in(HEALTH, f"[Unit]\nConditionPathExists=\n{elsewhere}")
        booted.drop_in(REPAIR, "[Unit]\nConditionPathExists=\n")
        yield booted


def test_the_agent_works_within_what_the_unit_allows_it(
    machine: SystemdMachine, instance: LabInstance
) -> None:
    before = row_of(instance)
    machine.systemctl("start", HEALTH)
    journal = machine.journal(HEALTH)
    after = row_of(instance)
    assert before is not None
    assert after is not None
    assert after["hb_seq"] == before["hb_seq"] + 1, journal
    assert '"event": "health_check_finished"' in journal


def test_what_a_repair_needs_works_within_what_the_unit_allows_it(
    machine: SystemdMachine, instance: LabInstance
) -> None:
    """Its libraries, C callbacks, and a mount in a namespace of its own, as for a journal."""
    done = instance.order.directory / "done"
    code = (
        "import ctypes, subprocess, pathlib;"
        "ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 7)();"
        "import boto3, docker, pyudev, requests, structlog, tenacity;"
        "subprocess.run(['unshare', '--mount', '--propagation', 'private', 'true'], check=True);"
        f"pathlib.Path({str(done)!r}).touch()"
    )
    text = machine.read(AGENT).replace('-m ladybug_agent "$@"', f"-c {shlex.quote(code)}")
    machine.write(AGENT, text + "\n", mode="755")
    machine.systemctl("start", REPAIR)
    assert done.exists(), machine.journal(REPAIR)


def test_a_check_by_hand_keeps_the_units_check_out_and_it_is_no_failure(
    machine: SystemdMachine, instance: LabInstance
) -> None:
    lock = instance.state_directory / "health.lock"
    machine.run("sh", "-c", f"flock {lock} sleep 15 >/dev/null 2>&1 &")
    time.sleep(1)
    machine.systemctl("start", HEALTH)
    assert machine.systemctl("is-failed", HEALTH, check=False) == "inactive"
    assert "health_check_already_running" in machine.journal(HEALTH)


def test_the_watch_is_ready_and_a_restart_of_it_drains_nothing(
    machine: SystemdMachine, instance: LabInstance
) -> None:
    machine.systemctl("start", WATCH)
    assert machine.show(WATCH, "StatusText") == "watching"
    machine.systemctl("restart", WATCH)
    row = row_of(instance)
    assert row is not None
    assert (row["status"], container_status(instance)) == ("healthy", "running")
    assert '"event": "drain_not_needed"' in machine.journal(WATCH)


def test_a_shutdown_drains_the_replica_before_the_machine_is_down(
    machine: SystemdMachine, instance: LabInstance
) -> None:
    machine.systemctl("start", WATCH)
    machine.shut_down()
    row = row_of(instance)
    assert row is not None
    assert (row["status"], row["reason_code"]) == ("terminated", "shutdown")
    assert container_status(instance) == "exited"
    record = drain_record(instance)
    assert (record["result"], record["trigger"]) == ("drained", "shutdown")
    assert step_of(record, "complete_hook")["detail"] == "accepted"
    assert [one.accepted for one in instance.aws.lifecycle_results if one.hook == HOOK] == [True]


def test_a_watch_that_hangs_is_ended_and_started_again(
    machine: SystemdMachine, instance: LabInstance
) -> None:
    machine.drop_in(WATCH, "[Service]\nWatchdogSec=3\nRestartSec=1\n")
    machine.systemctl("start", WATCH)
    time.sleep(6)
    assert machine.show(WATCH, "NRestarts") == "0"  # it says that it lives
    machine.systemctl("kill", "--kill-whom=main", "--signal=STOP", WATCH)
    give_up = time.monotonic() + 30
    while machine.show(WATCH, "NRestarts") == "0":
        assert time.monotonic() < give_up
        time.sleep(0.5)
    row = row_of(instance)
    assert row is not None
    assert row["status"] == "healthy"
