"""The whole boot on a volume whose blocks are still in S3, and what follows it."""

from __future__ import annotations

import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from integration.conftest import Launch
from ladybug_lab.agent_process import AgentRun, Event, run_agent
from ladybug_lab.instance import LabInstance, remove_container, unmount_all
from ladybug_lab.volumes.lazy.volume import LazyRules
from support.booting import boot, container_status, record_of, row_of

pytestmark = pytest.mark.integration

SLOW = LazyRules(first_touch_s=0.030)


def hydrate(instance: LabInstance, *arguments: str) -> AgentRun:
    return run_agent(
        ["hydrate", *arguments, "--config", str(instance.config_file)],
        instance.environment(),
        timeout_s=60,
    )


def report_of(instance: LabInstance) -> dict[str, Any]:
    text = (instance.state_directory / "hydration.json").read_text(encoding="utf-8")
    report: dict[str, Any] = json.loads(text)
    return report


def step_of(instance: LabInstance, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(s for s in record_of(instance)["steps"] if s["name"] == name)
    return found


def maps_of(instance: LabInstance) -> list[str]:
    listed = instance.aws.client("s3").list_objects_v2(Bucket=instance.provisioned.bucket)
    return [found["Key"] for found in listed.get("Contents", ())]


def test_a_replica_without_a_map_boots_records_one_and_loads_the_rest(launched: Launch) -> None:
    instance = launched(lazy=SLOW)
    instance.write_configuration(hydration={"record_after_s": 1})
    run = boot(instance)
    assert run.status == 0, run.events[-3:]
    assert step_of(instance, "await_warm")["facts"]["maps"] == {"packages": "missing"}
    row = row_of(instance)
    assert row is not None
    assert (row["hydration_state"], row["degraded"]) == ("warm", False)
    run = hydrate(instance, "run", "--format", "json")
    assert run.status == 0, run.events
    assert report_of(instance)["state"] == "complete"
    (key,) = maps_of(instance)
    assert key.startswith("hot-maps/")
    status = run_agent(
        ["status", "--config", str(instance.config_file)], instance.environment(), timeout_s=30
    )
    assert "hydration complete: 100 %" in status.stdout


def test_the_next_replica_of_the_database_finds_the_map(launched: Launch) -> None:
    instance = launched(lazy=SLOW)
    instance.write_configuration(hydration={"record_after_s": 1})
    run = boot(instance)
    assert run.status == 0, run.events[-3:]
    assert hydrate(instance, "run").status == 0
    # The same instance, launched anew: no ledger, nothing in memory, all of the volume in S3.
    first_s = step_of(instance, "open_databases")["duration_s"]
    relaunch(instance)
    run = boot(instance)
    assert run.status == 0, run.events[-3:]
    warm = step_of(instance, "await_warm")
    assert warm["facts"]["maps"] == {"packages": "found"}
    assert warm["facts"]["hot_blocks"] > 0
    assert step_of(instance, "open_databases")["duration_s"] < first_s


def test_a_boot_goes_on_when_the_bucket_is_forbidden(launched: Launch) -> None:
    instance = launched()
    instance.aws.faults.add("s3:GetObject", code="AccessDenied", status=403)
    run = boot(instance)
    assert run.status == 0
    assert step_of(instance, "await_warm")["facts"]["maps"] == {"packages": "unavailable"}
    (told,) = [event for event in run.events if event["event"] == "hot_map_not_used"]
    assert "aws_access_denied" in told["detail"]


def test_readiness_waits_for_all_of_the_databases_where_that_is_asked_for(
    launched: Launch,
) -> None:
    instance = launched(lazy=SLOW)
    instance.write_configuration(hydration={"gate": "full"})
    run = boot(instance)
    assert run.status == 0, run.events[-3:]
    row = row_of(instance)
    assert row is not None
    assert (row["hydration_state"], int(row["hydration_pct"])) == ("complete", 100)


def test_a_gate_that_is_not_reached_in_time_makes_the_replica_degraded(launched: Launch) -> None:
    instance = launched()
    every = "MATCH (a:Package), (b:Package), (c:Package)"
    endless = f"packages: {every} WHERE a.name + b.name < c.name RETURN count(*)"
    instance.write_configuration(hydration={"probes": [endless], "gate_timeout_s": 1})
    run = boot(instance)
    assert run.status == 0
    row = row_of(instance)
    assert row is not None
    assert (row["status"], row["degraded"], row["degraded_reasons"]) == (
        "healthy",
        True,
        "hydrating",
    )
    assert "gate_given_up" in {event["event"] for event in run.events}


def test_probes_are_answered_before_the_registration(launched: Launch) -> None:
    instance = launched()
    instance.write_configuration(
        hydration={"probes": ["packages: MATCH (p:Package) RETURN count(p)"]}
    )
    run = boot(instance)
    assert run.status == 0, run.events[-3:]


def test_a_probe_that_the_service_refuses_fails_the_boot(launched: Launch) -> None:
    instance = launched()
    instance.write_configuration(hydration={"probes": ["packages: MATCH nonsense"]})
    run = boot(instance)
    assert run.status == 1
    assert record_of(instance)["code"] == "probe_refused"
    assert row_of(instance) is None
    assert container_status(instance) == "exited"


def test_reads_that_hang_end_the_boot_by_a_code(launched: Launch) -> None:
    instance = launched(lazy=LazyRules(first_touch_s=0.001))
    lazy = instance.lazy
    assert lazy is not None
    instance.write_configuration(
        data={"verify_timeout_s": 3, "read_timeout_s": 3}, hydration={"stall_timeout_s": 1}
    )

    def hang(event: Event) -> None:
        if (event["event"], event.get("step")) == ("step_done", "mount"):
            lazy.hang_reads(0, lazy.image.stat().st_size)

    argv = ["bootstrap", "--config", str(instance.config_file)]
    began = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        booting = pool.submit(run_agent, argv, instance.environment(), timeout_s=90, on_event=hang)
        while "finished_at" not in _record(instance) and time.monotonic() - began < 40:
            time.sleep(0.1)
        lazy.release()  # a process whose reads hang in the kernel cannot end
        run = booting.result()
    assert run.status == 1
    assert record_of(instance)["code"] in {"hydration_stalled", "device_unresponsive"}
    assert row_of(instance) is None


def _record(instance: LabInstance) -> dict[str, Any]:
    try:
        return record_of(instance)
    except FileNotFoundError:
        return {}


def relaunch(instance: LabInstance) -> None:
    """Make all of the volume be in S3 again, and the agent forget; its registration goes on."""
    assert instance.lazy is not None
    remove_container(instance.order.container)
    unmount_all(instance.mount_point)
    shutil.rmtree(instance.order.directory / "hydration")
    (instance.state_directory / "hydration.json").unlink()
    instance.lazy.make_cold()
