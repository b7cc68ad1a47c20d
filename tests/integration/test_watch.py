"""The watch, as a process, with a real replica that leaves."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ladybug_lab.agent_process import agent_command
from ladybug_lab.instance import LabInstance
from support.booting import container_status, mounted, row_of
from support.leaving import ARN, HOOK, agent, drain_record, serving

pytestmark = pytest.mark.integration


@contextmanager
def watching(instance: LabInstance) -> Iterator[subprocess.Popen[str]]:
    argv = agent_command("watch", "--config", str(instance.config_file))
    process = subprocess.Popen(
        argv,
        env=instance.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=10)[1]
        assert process.returncode == 0, said


def replica(instance: LabInstance, **drain: Any) -> LabInstance:
    return serving(instance, watch_interval_s=1, stop_grace_s=2, **drain)


def await_status(instance: LabInstance, status: str, *, within_s: float = 40.0) -> dict[str, Any]:
    give_up = time.monotonic() + within_s
    while True:
        row = row_of(instance) or {}
        if row.get("status") == status:
            return row
        assert time.monotonic() < give_up, row
        time.sleep(0.1)


def test_auto_scaling_s_word_makes_it_leave_and_the_hook_is_completed_when_it_comes(
    instance: LabInstance,
) -> None:
    replica(instance, budget_s=40)
    hook = (instance.provisioned.group, HOOK)
    instance.aws.pending_hooks.discard(hook)
    with watching(instance):
        instance.imds.facts = replace(instance.imds.facts, target_lifecycle_state="Terminated")
        row = await_status(instance, "terminated")
        assert row["reason_code"] == "asg_termination"
        assert (container_status(instance), mounted(instance)) == ("exited", None)
        # Auto Scaling's own wait for the load balancer is over only now.
        instance.aws.pending_hooks.add(hook)
        give_up = time.monotonic() + 20
        while hook in instance.aws.pending_hooks:
            assert time.monotonic() < give_up
            time.sleep(0.1)
    assert instance.aws.target_groups.state(ARN, instance.provisioned.instance_id) == "unused"


def test_a_spot_notice_is_obeyed_before_its_time(instance: LabInstance) -> None:
    replica(instance)
    at = datetime.now(UTC) + timedelta(seconds=120)
    with watching(instance):
        instance.imds.facts = replace(instance.imds.facts, spot_action=("terminate", at))
        row = await_status(instance, "terminated")
    assert row["reason_code"] == "spot_interruption"
    assert datetime.now(UTC) < at


def test_a_scheduled_event_is_left_before_it_begins(instance: LabInstance) -> None:
    replica(instance)
    at = datetime.now(UTC) + timedelta(seconds=200)
    event = {
        "NotBefore": at.strftime("%d %b %Y %H:%M:%S GMT"),
        "Code": "instance-retirement",
        "Description": "retirement",
        "EventId": "instance-event-1",
        "State": "active",
    }
    with watching(instance):
        instance.imds.facts = replace(instance.imds.facts, events=(event,))
        row = await_status(instance, "terminated")
    assert row["reason_code"] == "scheduled_event"


def test_a_recommendation_only_makes_it_degraded(instance: LabInstance) -> None:
    replica(instance)
    with watching(instance):
        instance.imds.facts = replace(instance.imds.facts, rebalance_at=datetime.now(UTC))
        path = instance.state_directory / "announced.json"
        give_up = time.monotonic() + 10
        while not (path.exists() and "rebalance" in path.read_text()):
            assert time.monotonic() < give_up
            time.sleep(0.1)
    assert agent(instance, "health-check").status == 0
    row = row_of(instance)
    assert row is not None
    assert (row["status"], row["degraded_reasons"]) == ("healthy", "rebalance_recommended")
    assert container_status(instance) == "running"


def test_metadata_that_goes_away_ends_nothing(instance: LabInstance) -> None:
    replica(instance)
    instance.imds.faults.add("/latest/", drop=True)
    with watching(instance) as process:
        time.sleep(5)
        assert process.poll() is None
    assert container_status(instance) == "running"
    assert not (instance.state_directory / "drain.json").exists()


def test_a_watch_that_is_told_to_stop_drains_nothing_by_itself(instance: LabInstance) -> None:
    replica(instance)
    with watching(instance):
        time.sleep(2)
    row = row_of(instance)
    assert row is not None
    assert (row["status"], container_status(instance)) == ("healthy", "running")


def test_a_watch_that_only_looks_is_light(instance: LabInstance) -> None:
    replica(instance)
    with watching(instance) as process:
        time.sleep(3)
        maps = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        resident = next(line for line in maps.splitlines() if line.startswith("VmRSS"))
        modules = Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8")
    assert int(resident.split()[1]) < 35 * 1024
    assert "botocore" not in modules


def test_the_record_tells_the_story(instance: LabInstance) -> None:
    replica(instance)
    with watching(instance):
        instance.imds.facts = replace(instance.imds.facts, target_lifecycle_state="Terminated")
        await_status(instance, "terminated")
        time.sleep(1)
    record = drain_record(instance)
    assert (record["trigger"], record["phase"]) == ("asg_termination", "drained")
    assert json.dumps(record)


def test_a_failed_unit_is_told_to_the_topic(instance: LabInstance) -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:alerts"
    instance.aws.faults.add("Publish", code="AuthorizationError", status=403)
    instance.write_configuration(alerts={"sns_topic": topic})
    argv = agent_command("alert", "--config", str(instance.config_file), "--unit", "x.service")
    done = subprocess.run(
        argv,
        env=instance.environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert '"event": "alert_not_sent"' in done.stderr
    assert ("sns", "Publish") in instance.aws.calls
