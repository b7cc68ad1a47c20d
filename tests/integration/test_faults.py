"""Bad input and faults on real parts: each has its own code, and none ends in a healthy row."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from ladybug_lab.depot import MANIFEST, Depot, forget_local_image
from ladybug_lab.instance import LabInstance
from ladybug_lab.plan import Plan
from ladybug_lab.volumes.image import attach, detach, make_image
from support.booting import boot, container_status, record_of, row_of
from support.small_engine import engine_with_disk
from support.volumes import make_blank, writable

pytestmark = pytest.mark.integration

Arrange = Callable[[LabInstance], None]
SHORT = {"aws": {"max_attempts": 2, "read_timeout_s": 1.0, "connect_timeout_s": 1.0}}
WAIT = {"instance": {"boot_timeout_s": 4.0}}
# Without an identity or credentials nobody can be told but the console.
UNREACHABLE = frozenset(
    {"imds_unreachable", "imds_refused", "imds_empty_answer", "credentials_missing"}
)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """How to break an instance, and what the agent must answer."""

    code: str
    arrange: Arrange = lambda _: None
    status: int = 1
    plan: Plan = field(default_factory=Plan)
    config: dict[str, dict[str, Any]] = field(default_factory=dict)
    says: str = ""


def _imds(**fault: Any) -> Arrange:
    path = fault.pop("path", "/latest/")
    return lambda instance: instance.imds.faults.add(path, **fault)


def _no_role(instance: LabInstance) -> None:
    instance.imds.facts = replace(instance.imds.facts, role_name=None)


def _aws(operation: str, code: str, status: int = 400) -> Arrange:
    return lambda instance: instance.aws.faults.add(operation, code=code, status=status)


def _volume(change: Callable[[Path], None]) -> Arrange:
    """Change the image of the data volume while it is detached."""

    def arrange(instance: LabInstance) -> None:
        detach(instance.device)
        change(instance.device.image)
        attach(instance.device.image)

    return arrange


def _database(change: Callable[[Path], None]) -> Arrange:
    def on_volume(image: Path) -> None:
        with writable(image) as content:
            # With it, all of these would be one and the same: not as the manifest says.
            (content / "databases" / MANIFEST).unlink()
            change(content / "databases" / "packages.lbug")

    return _volume(on_volume)


def _patch(offset: int, data: bytes) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with path.open("r+b") as file:
            file.seek(offset)
            file.write(data)

    return change


def _cut_to(size_bytes: int) -> Callable[[Path], None]:
    return lambda path: os.truncate(path, size_bytes)


def _rename(path: Path) -> None:
    path.rename(path.with_name("other.lbug"))


def _ext4(image: Path) -> None:
    with writable(image) as content:
        size_bytes = image.stat().st_size  # which is EC2's, too
        make_image(
            image.with_name("ext4"), content=content, size_bytes=size_bytes, filesystem="ext4"
        )
    image.with_name("ext4").replace(image)


def _drop_table(instance: LabInstance) -> None:
    instance.aws.client("dynamodb").delete_table(TableName=instance.provisioned.table)


def _register_another(instance: LabInstance) -> None:
    """Let another live agent of this very boot hold the row."""
    assert boot(instance).status == 0
    (instance.state_directory / "registration_id").unlink()


def _container(fault: str) -> dict[str, dict[str, Any]]:
    return {"container": {"environment": {"LAB_FAULT": fault}}, "health": {"wait_timeout_s": 4.0}}


def _kernel_forgets(instance: LabInstance) -> None:
    detach(instance.device)


VERSION = 4
FAULTS = {
    "metadata does not answer": Fault(
        code="imds_unreachable", arrange=_imds(drop=True), config=WAIT
    ),
    "metadata refuses": Fault(code="imds_refused", arrange=_imds(status=403)),
    "metadata is slow": Fault(code="imds_unreachable", arrange=_imds(delay_s=2.5), config=WAIT),
    "metadata is garbled": Fault(
        code="imds_garbled",
        arrange=_imds(path="/latest/dynamic/instance-identity/document", body="<html>"),
    ),
    "metadata answers nothing": Fault(
        code="imds_empty_answer",
        arrange=_imds(path="/latest/dynamic/instance-identity/document", body=""),
    ),
    "the instance has no role": Fault(
        code="credentials_missing", arrange=_no_role, config=WAIT, says="IamInstanceProfile"
    ),
    "EC2 denies": Fault(
        code="aws_access_denied",
        arrange=_aws("DescribeVolumes", "UnauthorizedOperation", 403),
        says="ec2:DescribeVolumes",
    ),
    "EC2 throttles": Fault(
        # A loop device does not know its device name: only EC2 could tell.
        code="volume_unidentified",
        arrange=_aws("DescribeVolumes", "RequestLimitExceeded", 503),
        config={"data": {"attach_timeout_s": 3.0}},
        says="metadata maps ami=xvda",
    ),
    "ECR denies": Fault(
        code="aws_access_denied",
        arrange=_aws("GetAuthorizationToken", "AccessDeniedException"),
        says="ecr:GetAuthorizationToken",
    ),
    "credentials are rejected": Fault(
        code="aws_credentials_rejected",
        arrange=_aws("DescribeVolumes", "ExpiredToken", 403),
        says="clock",
    ),
    "no volume is attached": Fault(
        code="volume_not_mapped",
        plan=Plan(attach=False),
        config={"data": {"attach_timeout_s": 3.0}},
        says="BlockDeviceMappings",
    ),
    "the volume is not encrypted": Fault(
        code="volume_not_encrypted", plan=Plan(encrypted=False), says="data.require_encryption"
    ),
    "the disk never appears": Fault(
        code="device_not_visible",
        arrange=_kernel_forgets,
        config={"data": {"attach_timeout_s": 3.0}},
    ),
    "the volume is blank": Fault(
        code="filesystem_missing", arrange=_volume(make_blank), says="SnapshotId"
    ),
    "the filesystem is another": Fault(
        code="filesystem_unexpected", arrange=_volume(_ext4), says="found ext4"
    ),
    "the database is missing": Fault(
        code="snapshot_database_missing",
        arrange=_database(_rename),
        says="other.lbug",
    ),
    "the databases directory is missing": Fault(
        code="snapshot_directory_missing", config={"data": {"databases_dir": "elsewhere"}}
    ),
    "the database is empty": Fault(code="snapshot_database_empty", arrange=_database(_cut_to(0))),
    "the database is truncated": Fault(
        code="snapshot_database_truncated",
        arrange=_database(_cut_to(2**20)),
    ),
    "the database is foreign": Fault(
        code="snapshot_database_foreign", arrange=_database(_patch(0, b"KUZU"))
    ),
    "the database is too new": Fault(
        code="storage_version_too_new",
        arrange=_database(_patch(VERSION, struct.pack("<Q", 60))),
        says="storage version 60",
    ),
    "the database is too old": Fault(
        code="storage_version_too_old", arrange=_database(_patch(VERSION, struct.pack("<Q", 39)))
    ),
    "no such image": Fault(
        code="image_not_found", config={"container": {"image": "{registry}/graph-api:none"}}
    ),
    "no such digest": Fault(
        code="image_not_found",
        config={"container": {"image": "{registry}/graph-api@sha256:" + "0" * 64}},
    ),
    "the image registry is down": Fault(
        code="image_registry_unreachable", config={"container": {"image": "127.0.0.1:9/x:1"}}
    ),
    "the container exits": Fault(
        code="container_exited", config=_container("exit"), says="exit code 3"
    ),
    "the service answers 503 for ever": Fault(
        code="health_not_ok", config=_container("unhealthy"), says="503"
    ),
    "the service answers rubbish": Fault(code="health_garbled", config=_container("garbage")),
    "the service never answers": Fault(code="health_timeout", config=_container("hang")),
    "the service has too few databases": Fault(
        code="health_databases_missing", config=_container("no-databases")
    ),
    "the service can write": Fault(code="service_writable", config=_container("writable-info")),
    "the registry throttles": Fault(
        code="aws_throttled",
        arrange=_aws("PutItem", "ProvisionedThroughputExceededException"),
        config=SHORT,
    ),
    "the registry denies": Fault(
        code="aws_access_denied",
        arrange=_aws("PutItem", "AccessDeniedException"),
        says="dynamodb:PutItem",
    ),
    "the registry's table is missing": Fault(
        code="registry_table_missing", arrange=_drop_table, status=2, says="registry.table"
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_signalled_and_leaves_no_replica(
    name: str, launched: Callable[..., LabInstance], depot: Depot
) -> None:
    fault = FAULTS[name]
    instance = launched(fault.plan)
    changes = _with_registry(fault.config, depot)
    instance.write_configuration(**changes)
    fault.arrange(instance)

    run = boot(instance)

    record = record_of(instance)
    assert (record["outcome"], record["code"]) == ("failed", fault.code), record
    assert run.status == fault.status
    assert record["hint"]
    assert fault.says in f"{record['message']} {record['hint']} {' '.join(record['error'])}"
    assert container_status(instance) in {"absent", "exited"}
    if fault.code != "registry_table_missing":
        assert row_of(instance) is None
    _assert_signalled(instance, record, fault)


def _assert_signalled(instance: LabInstance, record: dict[str, Any], fault: Fault) -> None:
    """The reason is on the console, and who waits knows within 5 s of the failure."""
    assert f"boot failed: {fault.code}: " in instance.console.read_text(encoding="ascii")
    failed = [s for s in record["steps"] if s["status"] == "failed"]
    signal = next(s for s in record["steps"] if s["name"] == "signal")
    failed_at = min(s["started_s"] + s["duration_s"] for s in failed)
    assert signal["started_s"] + signal["duration_s"] - failed_at < 5.0
    if fault.code not in UNREACHABLE:
        assert [s.status for s in instance.aws.signals] == ["FAILURE"]
        assert [r.result for r in instance.aws.lifecycle_results] == ["ABANDON"]


def _with_registry(config: dict[str, dict[str, Any]], depot: Depot) -> dict[str, dict[str, Any]]:
    """Put the depot's address into an image reference."""
    changes = {name: dict(section) for name, section in config.items()}
    if image := changes.get("container", {}).get("image"):
        changes["container"]["image"] = image.replace("{registry}", depot.registry.host)
    return changes


def test_another_live_registration_is_left_alone(instance: LabInstance) -> None:
    _register_another(instance)
    held = row_of(instance)
    instance.aws.signals.clear()
    instance.aws.lifecycle_results.clear()

    run = boot(instance)

    assert (run.status, record_of(instance)["code"]) == (3, "registration_fenced")
    assert row_of(instance) == held
    # It serves, and belongs to the other registration: it is neither stopped nor given up.
    assert container_status(instance) == "running"
    assert instance.aws.signals == []
    assert instance.aws.lifecycle_results == []


def test_a_wrong_registry_password_is_told_apart(instance: LabInstance, depot: Depot) -> None:
    forget_local_image(depot)
    users = depot.registry.directory / "htpasswd"
    right = users.read_text(encoding="utf-8")
    users.write_text("AWS:$2y$05$" + "a" * 53 + "\n", encoding="utf-8")
    try:
        run = boot(instance)
    finally:
        users.write_text(right, encoding="utf-8")
    assert (run.status, record_of(instance)["code"]) == (1, "image_pull_denied")


def test_a_signal_that_nobody_waits_for_is_normal(launched: Callable[..., LabInstance]) -> None:
    instance = launched(Plan(stack_in_progress=False, hook_pending=False))
    run = boot(instance)
    assert run.status == 0, run.events
    signal = next(s for s in record_of(instance)["steps"] if s["name"] == "signal")
    verdicts = (signal["facts"]["cloudformation"], signal["facts"]["autoscaling"])
    assert verdicts == ("not_expected", "not_expected")


def test_faults_that_pass_are_outlived(instance: LabInstance) -> None:
    instance.imds.faults.add("/latest/", status=503, times=2)
    instance.aws.faults.add("DescribeVolumes", code="RequestLimitExceeded", status=503, times=1)
    instance.aws.faults.add("GetAuthorizationToken", drop=True, times=1)
    instance.aws.faults.add("PutItem", code="InternalServerError", status=500, times=1)
    run = boot(instance)
    assert run.status == 0, run.events


def test_a_disk_that_fills_up_during_the_pull_is_named(instance: LabInstance) -> None:
    with engine_with_disk(size_mib=40) as url:
        instance.write_configuration(container={"docker_host": url})
        run = boot(instance)
    assert (run.status, record_of(instance)["code"]) == (1, "image_no_space")
    assert row_of(instance) is None


def test_a_rerun_that_finds_its_replica_broken_withdraws_the_row(instance: LabInstance) -> None:
    assert boot(instance).status == 0
    instance.write_configuration(**_container("unhealthy"))  # replaces the container
    assert boot(instance).status == 1
    row = row_of(instance)
    assert row is not None
    assert (row["status"], row["reason_code"]) == ("unhealthy", "health_not_ok")
    assert container_status(instance) == "exited"
