"""What can go wrong in a boot: by step, the code it ends with, and the world it happens in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fakes.clock import FakeClock
from fakes.databases import database_bytes, header_bytes
from fakes.engine import FakeEngine, FakeImageRegistry
from fakes.instance import FOREVER, VOLUME, FakeEc2, FakeMetadata
from fakes.registry import FakeRegistry
from fakes.service import HEALTHY, INFO, FakeHttp, json_reply
from fakes.storage import DISK, FakeBlockDevices, FakeMounts
from ladybug_agent.errors import AgentError, ConfigError, ExternalFailure, NotYet
from ladybug_agent.model import HttpReply
from ladybug_agent.storage_model import FilesystemProbe

NEVER = float("inf")
Parts = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A world that cannot be booted; `parts` are the replacements for `a_world`."""

    step: str
    code: str
    parts: Callable[[FakeClock], Parts] = field(default=lambda _: {})
    config: Mapping[str, object] = field(default_factory=dict)
    exit_status: int = 1


def _fails(code: str) -> ExternalFailure:
    return ExternalFailure(code, f"the world failed with {code}")


def _metadata(code: str, **how: Any) -> Fault:
    return Fault(step="identity", code=code, parts=lambda _: {"metadata": FakeMetadata(**how)})


def _ec2(code: str, *volumes: Any, **how: Any) -> Fault:
    return Fault(step="find_volume", code=code, parts=lambda _: {"ec2": FakeEc2(*volumes, **how)})


def _devices(code: str, *disks: Any, **how: Any) -> Fault:
    def parts(clock: FakeClock) -> Parts:
        return {"block_devices": FakeBlockDevices(clock, *disks, **how)}

    return Fault(step="await_device", code=code, parts=parts)


def _mounts(step: str, code: str, **how: Any) -> Fault:
    def parts(clock: FakeClock) -> Parts:
        devices = FakeBlockDevices(clock)
        return {"block_devices": devices, "mounts": FakeMounts(devices, **how)}

    return Fault(step=step, code=code, parts=parts)


def _snapshot(code: str, contents: Mapping[str, bytes]) -> Fault:
    return _mounts("verify_snapshot", code, contents=contents)


def _engine(step: str, code: str, *, exit_status: int = 1, **how: Any) -> Fault:
    return Fault(
        step=step,
        code=code,
        parts=lambda clock: {"engine": FakeEngine(clock, **how)},
        exit_status=exit_status,
    )


def _pull(code: str) -> Fault:
    return _engine("pull_image", code, refuses={"pull": _fails(code)})


def _login(code: str) -> Fault:
    return Fault(
        step="pull_image",
        code=code,
        parts=lambda _: {"image_registry": FakeImageRegistry(raises=_fails(code))},
    )


def _labels(code: str, versions: str, *, exit_status: int = 1) -> Fault:
    labels = {"org.ladybugdb.storage-versions": versions}
    return _engine("start_container", code, labels=labels, exit_status=exit_status)


def _run(code: str) -> Fault:
    return _engine("start_container", code, refuses={"run": _fails(code)})


def _health(code: str, **replies: HttpReply) -> Fault:
    answers = {f"/{name}": reply for name, reply in replies.items()}
    return Fault(
        step="await_healthy",
        code=code,
        parts=lambda clock: {"http": FakeHttp(clock, replies=answers)},
    )


def _exit() -> Fault:
    def parts(clock: FakeClock) -> Parts:
        return {
            "engine": FakeEngine(clock, exits_after_s=3.0),
            "http": FakeHttp(clock, answers_after_s=NEVER),
        }

    return Fault(step="await_healthy", code="container_exited", parts=parts)


def _registry(error: AgentError, *, exit_status: int = 1) -> Fault:
    return Fault(
        step="register",
        code=error.code,
        parts=lambda _: {"instance_registry": FakeRegistry(raises=error)},
        exit_status=exit_status,
    )


def _database(content: bytes) -> dict[str, bytes]:
    return {"databases/sec.lbug": content}


TWIN = replace(DISK, node="/dev/nvme2n1", device_number="259:4")
SECOND_VOLUME = replace(VOLUME, volume_id="vol-0aaaaaaaaaaaaaaaa")

FAULTS: tuple[Fault, ...] = (
    _metadata("imds_unreachable", unreachable_for=FOREVER),
    _metadata("imds_garbled", raises=_fails("imds_garbled")),
    _metadata("credentials_missing", credentials_missing_for=FOREVER),
    _metadata("instance_terminating", target_lifecycle_state="Terminated"),
    _ec2("volume_not_mapped", appear_after_looks=FOREVER),
    _ec2("volume_not_attached", attaching_for_looks=FOREVER),
    _ec2("volume_ambiguous", VOLUME, SECOND_VOLUME),
    _ec2("volume_not_encrypted", replace(VOLUME, encrypted=False)),
    _ec2("aws_access_denied", raises=_fails("aws_access_denied")),
    _devices("device_not_visible", appear_after_s=NEVER),
    _devices("device_ambiguous", DISK, TWIN),
    _devices("filesystem_missing", probe=FilesystemProbe()),
    _devices("filesystem_unexpected", probe=FilesystemProbe(filesystem="ext4")),
    _devices("filesystem_partitioned", probe=FilesystemProbe(partition_table="gpt")),
    _devices("command_unkillable", raises=_fails("command_unkillable")),
    _mounts("mount", "mount_failed", raises=_fails("command_failed")),
    _mounts("mount", "command_unkillable", raises=_fails("command_unkillable")),
    _mounts("mount", "mount_not_visible", vanishes=True),
    _mounts(
        "mount",
        "mount_needs_journal_replay",
        raises=NotYet("mount_needs_journal_replay", "the journal wants a write"),
    ),
    _snapshot("snapshot_directory_missing", {}),
    _snapshot("snapshot_database_missing", {"databases/industry.lbug": database_bytes()}),
    _snapshot("snapshot_database_empty", _database(b"")),
    _snapshot("snapshot_database_truncated", _database(header_bytes(page_count=100))),
    _snapshot("snapshot_database_foreign", _database(b"KUZU" * 1024)),
    _login("aws_access_denied"),
    _pull("image_registry_unreachable"),
    _pull("image_pull_denied"),
    _pull("image_not_found"),
    _pull("image_no_space"),
    _engine(
        "pull_image",
        "container_engine_unreachable",
        refuses={"image": _fails("container_engine_unreachable")},
    ),
    _engine("pull_image", "deadline_exceeded", pull_s=10_000.0),
    Fault(
        step="pull_image",
        code="image_reference_invalid",
        config={"container.image": "graph api"},
        exit_status=2,
    ),
    _labels("storage_version_too_new", "30-39"),
    _labels("storage_version_too_old", "50-59"),
    _labels("storage_versions_unreadable", "forty", exit_status=2),
    _run("container_port_in_use"),
    _run("container_bind_source_missing"),
    _run("container_engine_refused"),
    _exit(),
    _health("health_not_ok", health=json_reply({"status": "unhealthy"}, status=503)),
    _health("health_garbled", health=HttpReply(status=200, body=b"<html>")),
    _health("health_databases_missing", health=json_reply({**HEALTHY, "database_count": 0})),
    _health("service_writable", info=json_reply({**INFO, "read_only": False})),
    _registry(_fails("aws_throttled")),
    _registry(_fails("aws_access_denied")),
    _registry(ConfigError("registry_table_missing", "found no such table"), exit_status=2),
)
