"""A disk that gives errors, or does not come back, when it is read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fakes.build import a_config
from fakes.clock import FakeClock
from fakes.evidence import a_volume
from fakes.fault import fails
from fakes.instance import GIB
from fakes.kernel_log import FakeKernelLog
from fakes.storage import DISK, FakeBlockDevices
from ladybug_agent.clock import Deadline
from ladybug_agent.config.data import DataConfig
from ladybug_agent.errors import Cancelled, DeadlineExceeded, ExternalFailure
from ladybug_agent.model.storage import BlockDevice
from ladybug_agent.resources.device import DataDevice, await_device, quote_kernel

FIRST, MIDDLE, LAST = 0, 50 * GIB, 100 * GIB - 4096
PLACES = pytest.mark.parametrize("offset", [FIRST, MIDDLE, LAST], ids=["first", "middle", "last"])


@pytest.fixture
def rules(tmp_path: Path) -> DataConfig:
    return a_config(tmp_path).data


def ready(
    devices: FakeBlockDevices, rules: DataConfig, deadline: Deadline, disk: BlockDevice = DISK
) -> DataDevice:
    with devices.pin(disk) as pinned:
        return await_device(pinned, a_volume(disk=disk), devices.kernel_log, rules, deadline)


@PLACES
def test_an_unreadable_block_is_named_in_the_words_of_the_kernel(
    offset: int, rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    devices = FakeBlockDevices(clock, unreadable={offset})
    with pytest.raises(ExternalFailure) as caught:
        ready(devices, rules, deadline)
    assert (caught.value.code, clock.passed_s) == ("device_unreadable", 0.0)
    assert str(caught.value) == (
        "cannot read /dev/nvme1n1; the kernel says: I/O error, dev nvme1n1, sector"
        f" {offset // 512} op 0x0:(READ) flags 0x0 phys_seg 1"
    )


def test_an_unreadable_block_is_named_without_the_kernel_too(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    silent = FakeKernelLog(readable=False)
    devices = FakeBlockDevices(clock, kernel_log=silent, unreadable={FIRST})
    with pytest.raises(ExternalFailure, match="the kernel's log says nothing") as caught:
        ready(devices, rules, deadline)
    assert caught.value.code == "device_unreadable"


def test_old_messages_of_the_kernel_are_not_quoted(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    before = FakeKernelLog("I/O error, dev nvme1n1, sector 7 of another boot")
    devices = FakeBlockDevices(clock, kernel_log=before, unreadable={FIRST})
    with pytest.raises(ExternalFailure) as caught:
        ready(devices, rules, deadline)
    assert "sector 7" not in str(caught.value)


def test_a_block_that_nobody_reads_is_not_noticed_here(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    """Three blocks are a sign of life, and no proof: the manifest and the engine look further."""
    devices = FakeBlockDevices(clock, unreadable={4096})
    assert ready(devices, rules, deadline).filesystem == "xfs"


@PLACES
def test_a_read_that_hangs_ends_after_its_own_time(
    offset: int, rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    devices = FakeBlockDevices(clock, hanging={offset})
    with pytest.raises(ExternalFailure, match="did not come back in time") as caught:
        ready(devices, rules, deadline)
    assert (caught.value.code, clock.passed_s) == ("device_unresponsive", rules.read_timeout_s)
    assert isinstance(caught.value.__cause__, DeadlineExceeded)


def test_a_read_that_outlives_its_kill_is_unresponsive_too(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    devices = FakeBlockDevices(clock, hanging={FIRST}, unkillable=True)
    with pytest.raises(ExternalFailure) as caught:
        ready(devices, rules, deadline)
    cause = caught.value.__cause__
    assert isinstance(cause, ExternalFailure)
    assert (caught.value.code, cause.code) == ("device_unresponsive", "command_unkillable")


def test_the_time_for_a_read_is_configurable(
    tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    rules = a_config(tmp_path, **{"data.read_timeout_s": 5.0}).data
    with pytest.raises(ExternalFailure):
        ready(FakeBlockDevices(clock, hanging={LAST}), rules, deadline)
    assert clock.passed_s == 5.0


def test_a_superblock_that_does_not_come_back_is_unresponsive(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    devices = FakeBlockDevices(clock, probe_raises=fails("command_unkillable"))
    with pytest.raises(ExternalFailure) as caught:
        ready(devices, rules, deadline)
    assert caught.value.code == "device_unresponsive"


def test_a_missing_tool_is_not_the_disks_fault(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    devices = FakeBlockDevices(clock, probe_raises=fails("command_missing"))
    with pytest.raises(ExternalFailure) as caught:
        ready(devices, rules, deadline)
    assert caught.value.code == "command_missing"


def test_a_boot_that_is_cancelled_during_a_read_is_cancelled(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    devices = FakeBlockDevices(clock, probe_raises=Cancelled("cancelled", "stopped"))
    with pytest.raises(Cancelled):
        ready(devices, rules, deadline)


@pytest.mark.parametrize("size", [4096, 8192, 12288, 4096 + 512, 20 * GIB])
def test_small_and_odd_disks_are_read_within_their_end(
    size: int, rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    disk = replace(DISK, size_bytes=size)
    devices = FakeBlockDevices(clock, disk, unreadable={size, size - 2048})
    assert ready(devices, rules, deadline, disk).pinned.disk == disk


def test_the_last_lines_about_the_device_are_quoted() -> None:
    lines = tuple(f"nvme1n1: {number}" for number in range(9))
    assert quote_kernel(lines, "/dev/nvme1n1") == "the kernel says: " + " / ".join(lines[-5:])


def test_lines_about_other_devices_are_not_quoted() -> None:
    lines = ("nvme0n1: broken", "eth0: link is up")
    assert quote_kernel(lines, "/dev/nvme1n1") == "the kernel's log says nothing"
