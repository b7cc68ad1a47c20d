"""Health checks of a replica on real parts: what breaks, what is said, what is repaired."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ladybug_lab.agent_process import run_agent
from ladybug_lab.depot import DATABASE
from ladybug_lab.instance import LabInstance
from ladybug_lab.volumes.image import attach, detach
from support.booting import boot, container_of, container_status, engine, mounted, row_of
from support.checking import check, checks

pytestmark = pytest.mark.integration

HEAVY = ("boto3", "botocore", "docker", "requests", "structlog", "tenacity", "pyudev", "urllib3")


@pytest.fixture
def replica(instance: LabInstance) -> LabInstance:
    run = boot(instance)
    assert run.status == 0, run.events
    return instance


def test_a_good_replica_is_healthy_and_its_lease_is_renewed(replica: LabInstance) -> None:
    before = row_of(replica)
    found = check(replica)
    assert (found.run.status, found.codes, found.report["registry"]) == (0, [], "written")
    assert before is not None
    assert found.row is not None
    assert (found.row["hb_seq"], found.row["status"]) == (1, "healthy")
    assert found.row["lease_expires_at"] >= before["lease_expires_at"]
    assert set(before) <= set(found.row)
    assert {c["name"]: c["verdict"] for c in found.report["checks"]} == {
        "mount": "pass",
        "kernel_log": "pass",
        "container": "pass",
        "service": "pass",
        "query": "skip",
    }


def test_a_check_asks_aws_once_where_nothing_else_is_configured(replica: LabInstance) -> None:
    replica.aws.calls.clear()
    check(replica)
    assert replica.aws.calls == [("dynamodb", "UpdateItem")]


def test_the_known_query_is_answered_by_the_real_engine(replica: LabInstance) -> None:
    rules = {"query": "MATCH (p:Package) RETURN count(p) > 0", "query_answer": "true"}
    replica.write_configuration(health={**rules, "query_database": DATABASE})
    query = check(replica).report["checks"][-1]
    assert (query["name"], query["verdict"]) == ("query", "pass")
    (replica.state_directory / "health.json").unlink()
    replica.write_configuration(health={**rules, "query_answer": "false"})
    assert check(replica).codes == ["query_answer_wrong"]


def test_metrics_go_to_cloudwatch_logs(replica: LabInstance) -> None:
    logs = replica.aws.client("logs")
    logs.create_log_group(logGroupName="/lab/agent")
    replica.write_configuration(metrics={"destination": "logs", "log_group": "/lab/agent"})
    replica.aws.calls.clear()
    checks(replica, 3)
    assert [call[1] for call in replica.aws.calls] == [
        "UpdateItem",
        "PutLogEvents",
        "UpdateItem",
        "CreateLogStream",
        "UpdateItem",
        "PutLogEvents",
    ]
    found = logs.get_log_events(
        logGroupName="/lab/agent", logStreamName=replica.provisioned.instance_id
    )
    assert len(found["events"]) == 3
    assert '"HealthStatus": 1.0' in found["events"][0]["message"]


def test_a_killed_container_is_restarted_by_the_same_chain(replica: LabInstance) -> None:
    check(replica)
    with container_of(replica) as container:
        container.kill()
        container.wait()
        first = container.id
    found = check(replica)
    assert found.codes in (["container_exited"], ["container_out_of_memory"])
    assert found.told("restart_finished"), found.run.events
    with container_of(replica) as container:
        assert (container.status, container.id != first) == ("running", True)
    _await_good(replica)
    row = row_of(replica)
    assert row is not None
    with container_of(replica) as container:
        assert (row["status"], row["container_id"]) == ("healthy", container.id)
    assert list((replica.state_directory / "evidence").iterdir())


def _await_good(replica: LabInstance) -> None:
    give_up = time.monotonic() + 30
    while check(replica).codes:
        assert time.monotonic() < give_up


def test_a_container_removed_by_hand_is_started_again(replica: LabInstance) -> None:
    with container_of(replica) as container:
        container.remove(force=True)
    assert check(replica).codes == ["container_missing"]
    _await_good(replica)


def test_a_container_replaced_by_hand_is_replaced_again(replica: LabInstance) -> None:
    with container_of(replica) as container:
        image, labels = container.attrs["Image"], container.labels
        container.remove(force=True)
    with engine() as client:
        client.containers.run(image, name=replica.order.container, labels=labels, detach=True)
    found = checks(replica, 3)
    assert found.codes == ["container_replaced"]
    assert found.told("restart_finished"), found.run.events
    _await_good(replica)


def test_a_paused_container_is_replaced(replica: LabInstance) -> None:
    with container_of(replica) as container:
        container.pause()
    assert check(replica).codes == ["container_paused"]
    found = checks(replica, 2)
    assert found.told("restart_finished"), found.run.events
    _await_good(replica)


def test_an_unmounted_volume_is_mounted_before_anything_serves(replica: LabInstance) -> None:
    with container_of(replica) as container:
        container.stop(timeout=1)
    subprocess.run(["umount", str(replica.mount_point)], check=True)
    found = check(replica)
    assert found.codes == ["mount_missing", "container_exited"]
    assert checks(replica, 2).told("restart_finished")
    now = mounted(replica)
    assert now is not None
    assert "ro" in now["options"].split(",")
    _await_good(replica)


def test_a_detached_volume_is_told_and_nothing_is_restarted(replica: LabInstance) -> None:
    with container_of(replica) as container:
        container.stop(timeout=1)
    subprocess.run(["umount", str(replica.mount_point)], check=True)
    detach(replica.device)
    found = checks(replica, 3)
    assert (found.run.status, found.codes[0]) == (1, "device_gone")
    assert container_status(replica) == "exited"
    row = found.row
    assert row is not None
    assert (row["status"], row["reason_code"]) == ("unhealthy", "device_gone")
    attach(replica.device.image)


def test_a_registry_that_is_down_changes_nothing_but_the_exit_status(replica: LabInstance) -> None:
    replica.aws.faults.add("dynamodb:*", code="ThrottlingException", status=400)
    found = checks(replica, 2)
    assert (found.run.status, found.report["status"]) == (4, "healthy")
    replica.aws.faults.clear()
    found = check(replica)
    assert found.run.status == 0
    (told,) = found.told("registry_recovered")
    assert (told["missed"], told["code"]) == (2, "aws_throttled")


def test_a_registry_that_hangs_does_not_hold_the_check_up(replica: LabInstance) -> None:
    replica.aws.faults.add("UpdateItem", delay_s=30.0)
    began = time.monotonic()
    assert check(replica).run.status == 4
    assert time.monotonic() - began < 10
    replica.aws.faults.clear()


def test_a_table_that_is_gone_is_named(replica: LabInstance) -> None:
    replica.aws.client("dynamodb").delete_table(TableName=replica.provisioned.table)
    run = run_agent(
        ["health-check", "--config", str(replica.config_file)],
        replica.environment(),
        timeout_s=30,
    )
    assert run.status == 4
    lost = next(event for event in run.events if event["event"] == "registry_lost")
    assert lost["code"] == "registry_table_missing"


def test_metadata_that_is_silent_is_a_registry_that_cannot_be_told(replica: LabInstance) -> None:
    replica.imds.faults.add("/latest/", drop=True)
    found = check(replica)
    assert (found.run.status, found.report["status"]) == (4, "healthy")


def test_a_deleted_row_is_written_again_in_full(replica: LabInstance) -> None:
    before = row_of(replica)
    replica.aws.client("dynamodb").delete_item(
        TableName=replica.provisioned.table,
        Key={"instance_id": {"S": replica.provisioned.instance_id}},
    )
    assert check(replica).report["registry"] == "missing"
    found = check(replica)
    assert (found.run.status, found.report["registry"]) == (0, "restored")
    assert before is not None
    assert found.row is not None
    assert set(before) <= set(found.row)


def test_a_second_agent_with_the_same_identity_is_fenced(replica: LabInstance) -> None:
    (replica.state_directory / "registration_id").write_text("another\n")
    run = boot(replica)
    assert run.status == 3
    assert container_status(replica) == "running"
    assert check(replica).run.status == 0


def test_two_checks_at_a_time_are_one_too_many(replica: LabInstance) -> None:
    with _held(replica.state_directory / "health.lock"):
        run = run_agent(
            ["health-check", "--config", str(replica.config_file)],
            replica.environment(),
            timeout_s=30,
        )
    assert run.status == 75
    assert run.events[-1]["code"] == "health_check_already_running"


@contextmanager
def _held(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def test_before_any_boot_there_is_nothing_to_check(instance: LabInstance) -> None:
    run = run_agent(
        ["health-check", "--config", str(instance.config_file)],
        instance.environment(),
        timeout_s=30,
    )
    assert (run.status, run.events[-1]["code"]) == (1, "replica_not_registered")
    assert row_of(instance) is None


def test_a_check_loads_none_of_the_heavy_libraries(replica: LabInstance) -> None:
    code = (
        "import sys; from ladybug_agent.cli import main;"
        f" status = main(['health-check', '--config', {str(replica.config_file)!r}]);"
        f" print(status, [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=replica.environment(), capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "0 []"


def test_an_engine_that_hangs_is_no_verdict_while_the_service_answers(
    replica: LabInstance, tmp_path: Path
) -> None:
    path = tmp_path / "hangs.sock"
    with socket.socket(socket.AF_UNIX) as hangs:
        hangs.bind(str(path))
        hangs.listen(5)  # connections are taken, and nobody answers
        replica.write_configuration(container={"docker_host": f"unix://{path}"})
        found = checks(replica, 3)
    verdicts = {c["name"]: c["verdict"] for c in found.report["checks"]}
    assert (found.run.status, verdicts["container"], verdicts["service"]) == (0, "unknown", "pass")
    assert found.told("check_unknown")[0]["code"] == "container_engine_unreachable"


def test_a_check_that_hangs_ends_itself_and_frees_the_lock(
    replica: LabInstance, tmp_path: Path
) -> None:
    pipe = tmp_path / "metrics"
    os.mkfifo(pipe)  # to open it for writing blocks until somebody reads
    replica.write_configuration(
        health={"deadline_s": 5}, metrics={"destination": "file", "file": str(pipe)}
    )
    began = time.monotonic()
    run = run_agent(
        ["health-check", "--config", str(replica.config_file)],
        replica.environment(),
        timeout_s=30,
    )
    assert (run.status, run.events[-1]["event"]) == (1, "health_check_hung")
    assert 6 < time.monotonic() - began < 10
    replica.write_configuration()
    assert check(replica).run.status == 0


def test_a_full_disk_is_told_and_changes_nothing_about_a_good_replica(
    replica: LabInstance,
) -> None:
    state = replica.state_directory
    kept = {path.name: path.read_bytes() for path in state.iterdir() if path.is_file()}
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(state)], check=True)
    try:
        for name, content in kept.items():
            (state / name).write_bytes(content)
        with suppress(OSError), (state / "fill").open("wb", buffering=0) as out:
            while True:
                out.write(b"x" * 4096)
        found = check(replica)
        assert (found.run.status, found.report["status"]) == (0, "healthy")
        assert found.told("health_state_not_written")
    finally:
        subprocess.run(["umount", str(state)], check=True)


def test_a_process_out_of_memory_is_told_once_and_is_no_verdict(instance: LabInstance) -> None:
    instance.write_configuration(container={"memory_bytes": 256 * 2**20})
    assert boot(instance).status == 0
    check(instance)  # from here on the kernel's log is followed
    with container_of(instance) as container:
        eat = "x = [bytearray(2**24) for _ in range(100)]"
        ended = container.exec_run(["python3", "-c", eat])
        assert ended.exit_code == 137
    found = check(instance)
    if container_status(instance) == "running":
        assert found.run.status == 0
        assert len(found.told("container_process_out_of_memory")) == 1
        assert check(instance).told("container_process_out_of_memory") == []
    else:  # the kernel chose the service instead
        assert found.codes == ["container_out_of_memory"]
