"""What a diagnosis looks at by adapters of its own: engine, disks, kernel's log, room, contents."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from contract.support.docker_server import docker_engine, document, said
from contract.support.programs import FakePrograms
from contract.support.timing import ends_within
from fakes.databases import database_bytes
from ladybug_agent.adapters.all_disks import AllDisks
from ladybug_agent.adapters.contents import SystemContents
from ladybug_agent.adapters.kernel_records import KernelRecords
from ladybug_agent.adapters.lean.docker import LeanDocker
from ladybug_agent.adapters.machine import ProcMachine
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.containers import ImageFacts
from ladybug_agent.ports.diagnosis import AskDatabases, DatabaseSeen

REFERENCE = "registry/graph-api@sha256:" + "a" * 64
IMAGE_PATH = f"GET /images/{REFERENCE}/json"
IMAGE = {"Id": "sha256:1", "RepoDigests": [REFERENCE], "Config": {"Labels": {"a": "b"}}}
NO_CONFIG = "/nonexistent"


def soon(seconds: float = 30.0) -> Deadline:
    return Deadline.after(seconds, SystemClock())


def test_an_image_is_reported_as_by_the_other_adapter(tmp_path: Path) -> None:
    with docker_engine(tmp_path, {IMAGE_PATH: document(200, IMAGE)}) as engine:
        found = LeanDocker(engine.url, SystemClock()).image(REFERENCE)
    assert found == ImageFacts(
        image_id="sha256:1", repository_digests=(REFERENCE,), labels={"a": "b"}
    )


def test_no_image_is_none(tmp_path: Path) -> None:
    with docker_engine(tmp_path, {IMAGE_PATH: said(404, "No such image")}) as engine:
        assert LeanDocker(engine.url, SystemClock()).image(REFERENCE) is None


def test_rubbish_instead_of_an_image_is_no_engine(tmp_path: Path) -> None:
    rubbish = {IMAGE_PATH: document(200, {"Id": "x", "Config": 7})}
    with docker_engine(tmp_path, rubbish) as engine, pytest.raises(ExternalFailure) as caught:
        LeanDocker(engine.url, SystemClock()).image(REFERENCE)
    assert caught.value.code == "container_engine_unreachable"


@pytest.mark.parametrize(("text", "is_sealed"), [("1\n", True), ("0\n", False), (None, False)])
def test_a_disk_is_sealed_if_the_kernel_refuses_writes(
    text: str | None, *, is_sealed: bool, tmp_path: Path
) -> None:
    entry = tmp_path / "dev/block/259:3"
    entry.mkdir(parents=True)
    if text is not None:
        (entry / "ro").write_text(text)
    assert AllDisks(tmp_path, tmp_path).is_sealed("259:3") is is_sealed


def test_the_disks_are_those_that_the_kernel_has() -> None:
    nodes = {disk.node for disk in AllDisks().disks()}
    assert nodes <= {f"/dev/{path.name}" for path in Path("/sys/block").iterdir()}


def test_the_kernels_past_is_read_with_its_times(tmp_path: Path) -> None:
    path = tmp_path / "kmsg"
    path.write_text("6,1742,11026920317,-;XFS (nvme1n1): Ending clean mount\n SUBSYSTEM=block\n")
    (line,) = KernelRecords(path).lines()
    assert (line.at_s, line.text) == (11026.920317, "XFS (nvme1n1): Ending clean mount")


def test_a_kernel_log_that_cannot_be_read_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="kmsg"):
        KernelRecords(tmp_path / "kmsg").lines()


def test_the_room_of_a_path_is_that_of_its_filesystem(tmp_path: Path) -> None:
    found, known = ProcMachine().space(str(tmp_path)), os.statvfs(tmp_path)
    assert found is not None
    assert (found.total_bytes, found.total_inodes) == (
        known.f_blocks * known.f_frsize,
        known.f_files,
    )
    assert found.device == tmp_path.stat().st_dev
    assert 0 < found.free_bytes <= found.total_bytes


def test_a_path_that_is_not_there_has_no_room(tmp_path: Path) -> None:
    assert ProcMachine().space(str(tmp_path / "none")) is None


def test_a_block_is_read_by_a_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = FakePrograms(tmp_path / "bin", monkeypatch)
    programs.add("dd")
    SystemContents().read_block("/dev/nvme1n1", soon())
    assert {"if=/dev/nvme1n1", "of=/dev/null", "iflag=direct"} <= set(programs.arguments("dd"))


def test_an_io_error_is_a_device_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakePrograms(tmp_path / "bin", monkeypatch).add("dd", stderr="Input/output error", status=1)
    with pytest.raises(ExternalFailure) as caught:
        SystemContents().read_block("/dev/nvme1n1", soon())
    assert caught.value.code == "device_unreadable"


def test_a_read_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FakePrograms(tmp_path / "bin", monkeypatch).write("dd", "exec sleep 60")
    with ends_within(5.0), pytest.raises(ExternalFailure) as caught:
        SystemContents().read_block("/dev/nvme1n1", soon(0.3))
    assert (caught.value.code, str(caught.value)) == (
        "device_unresponsive",
        "wanted to read /dev/nvme1n1, the read did not come back",
    )


def test_databases_are_checked_by_verify(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)  # as the container's user sees it
    (tmp_path / "sec.lbug").write_bytes(database_bytes())
    (tmp_path / "old.lbug").write_bytes(b"")
    (tmp_path / "sec.lbug").chmod(0o644)
    ask = AskDatabases(directory=str(tmp_path), names=("sec", "old"), config_file=NO_CONFIG)
    good, bad = SystemContents().databases(ask, soon())
    assert good == DatabaseSeen(name="sec", size_bytes=(tmp_path / "sec.lbug").stat().st_size)
    assert (bad.name, bad.code, bad.message) == (
        "old",
        "snapshot_database_empty",
        f"{tmp_path}/old.lbug has no bytes",
    )


def test_a_verify_without_a_result_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = tmp_path / "python"
    silent.write_text("#!/bin/sh\necho '{}'\n")
    silent.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(silent))
    ask = AskDatabases(directory=str(tmp_path), names=("sec",), config_file=NO_CONFIG)
    with pytest.raises(ExternalFailure) as caught:
        SystemContents().databases(ask, soon())
    assert caught.value.code == "databases_not_verified"
