"""Why a mount failed, by the kernel's own words, as Linux 6.18 and its source have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.build import FakeWorld, a_config, a_world
from fakes.clock import FakeClock
from fakes.evidence import a_device
from fakes.fault import fails
from fakes.instance import VOLUME
from fakes.kernel_log import FakeKernelLog
from fakes.mounts import FakeMounts
from fakes.storage import DISK, FakeBlockDevices
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, DeadlineExceeded, ExternalFailure
from ladybug_agent.resources.mount import DataMount, ensure_mounted

FAILED = fails("command_failed")
SAID = Path(__file__).parent.parent / "data" / "kernel_log"
"""A directory for each code, a file for each way to fail so."""
FILES = sorted(SAID.rglob("*.txt"))
CASES = pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")


def lines(file: Path) -> tuple[str, ...]:
    return tuple(file.read_text(encoding="utf-8").splitlines())


def attempt(
    tmp_path: Path, deadline: Deadline, world: FakeWorld
) -> tuple[FakeWorld, ExternalFailure]:
    rules = a_config(tmp_path, **{"data.mount_point": str(tmp_path / "volume")}).data
    with pytest.raises(ExternalFailure) as caught:
        ensure_mounted(world, a_device(devices=world.block_devices), rules, deadline)
    return world, caught.value


def a_failing_world(
    clock: FakeClock,
    *says: str,
    kernel_log: FakeKernelLog | None = None,
    raises: AgentError = FAILED,
) -> FakeWorld:
    devices = FakeBlockDevices(clock, kernel_log=kernel_log)
    mounts = FakeMounts(devices, raises=raises, kernel_says=says)
    return a_world(clock, block_devices=devices, mounts=mounts)


@CASES
def test_what_the_kernel_says_has_a_code(
    file: Path, tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    world, error = attempt(tmp_path, deadline, a_failing_world(clock, *lines(file)))
    assert (error.code, bool(error.hint), error.__cause__) == (file.parent.name, True, FAILED)
    assert (world.block_devices.sealed, world.mounts.table) == ({DISK.node}, {})


@CASES
def test_what_the_kernel_says_of_the_disk_is_quoted(
    file: Path, tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    _, error = attempt(tmp_path, deadline, a_failing_world(clock, *lines(file)))
    about = [line for line in lines(file) if "nvme1n1" in line][-5:]
    quoted = f"the kernel says: {' / '.join(about)}" if about else "the kernel's log says nothing"
    assert str(error) == (
        f"cannot mount vol-0123456789abcdef0 (/dev/nvme1n1) at {tmp_path}/volume; {quoted}"
    )


def test_a_failure_that_nobody_explains_names_dmesg(
    tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    silent = FakeKernelLog(readable=False)
    world = a_failing_world(clock, "XFS (nvme1n1): failed to find log head", kernel_log=silent)
    _, error = attempt(tmp_path, deadline, world)
    assert (error.code, "dmesg | grep nvme1n1" in error.hint) == ("mount_failed", True)


def test_what_the_kernel_said_before_does_not_count(
    tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    before = FakeKernelLog("XFS (nvme1n1): failed to find log head")
    _, error = attempt(tmp_path, deadline, a_failing_world(clock, kernel_log=before))
    assert error.code == "mount_failed"


def test_a_mount_that_cannot_run_keeps_its_own_code(
    tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    failure = fails("command_missing")
    _, error = attempt(tmp_path, deadline, a_failing_world(clock, raises=failure))
    assert error is failure


@pytest.mark.parametrize(
    "failure",
    [fails("command_unkillable"), DeadlineExceeded("deadline_exceeded", "ran out of time")],
)
def test_a_mount_that_hangs_is_the_devices_fault(
    failure: AgentError, tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    _, error = attempt(tmp_path, deadline, a_failing_world(clock, raises=failure))
    assert (error.code, error.__cause__) == ("device_unresponsive", failure)
    assert VOLUME.volume_id in str(error)


def test_what_only_mount_itself_says_counts_too(
    tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    failure = ExternalFailure("command_failed", "mount: /data: Structure needs cleaning.")
    _, error = attempt(tmp_path, deadline, a_failing_world(clock, raises=failure))
    assert error.code == "filesystem_corrupt"


def test_no_hint_offers_to_repair_the_volume(
    tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    for file in FILES:
        _, error = attempt(tmp_path, deadline, a_failing_world(clock, *lines(file)))
        assert "xfs_repair" not in error.hint
        assert "fsck" not in error.hint


def test_after_a_failure_the_next_attempt_mounts(
    tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    world, _ = attempt(tmp_path, deadline, a_failing_world(clock))
    world.mounts.raises = None
    rules = a_config(tmp_path, **{"data.mount_point": str(tmp_path / "volume")}).data
    mount: DataMount = ensure_mounted(world, a_device(devices=world.block_devices), rules, deadline)
    assert mount.path == tmp_path / "volume"
