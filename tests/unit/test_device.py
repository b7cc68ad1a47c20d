"""The data device: the disk with the volume's own serial."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from fakes.build import a_config
from fakes.clock import FakeClock, waited_s
from fakes.evidence import a_volume
from fakes.storage import DISK, XFS, FakeBlockDevices
from ladybug_agent.clock import Deadline
from ladybug_agent.config import DataConfig
from ladybug_agent.errors import Cancelled, DeadlineExceeded, ExternalFailure, Refused, reason
from ladybug_agent.resources.device import DataDevice, await_device
from ladybug_agent.storage_model import FilesystemProbe
from ladybug_agent.waiting import STEADY

NEVER = float("inf")
FOREIGN = replace(DISK, serial="vol0aaaaaaaaaaaaaaaa")


@pytest.fixture
def rules(tmp_path: Path) -> DataConfig:
    return a_config(tmp_path).data


def find(devices: FakeBlockDevices, rules: DataConfig, deadline: Deadline) -> DataDevice:
    return await_device(devices, a_volume(), rules, deadline)


def test_a_disk_that_is_there_costs_no_time(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    found = find(FakeBlockDevices(clock), rules, deadline)
    assert (found.disk, found.filesystem, found.filesystem_uuid, clock.passed_s) == (
        DISK,
        "xfs",
        XFS.uuid,
        0.0,
    )


def test_a_disk_that_comes_later_is_waited_for(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    appears_at_s = waited_s(STEADY, 3)
    found = find(FakeBlockDevices(clock, appear_after_s=appears_at_s - 0.01), rules, deadline)
    assert (found.disk.node, clock.passed_s) == ("/dev/nvme1n1", appears_at_s)


def test_a_lost_event_costs_at_most_a_second(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    devices = FakeBlockDevices(clock, appear_after_s=100.0)
    find(devices, rules, deadline)
    pauses = [round(later - sooner, 6) for sooner, later in pairwise(devices.looked_at_s)]
    assert max(pauses) == 1.0


def test_a_disk_that_never_comes_is_given_up_at_the_deadline(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    with pytest.raises(DeadlineExceeded, match="the disk of vol-0123456789abcdef0") as caught:
        find(FakeBlockDevices(clock, appear_after_s=NEVER), rules, deadline.capped(300.0))
    why = reason(caught.value)
    assert why is not None
    assert (why.code, clock.passed_s) == ("device_not_visible", 300.0)
    assert str(why).endswith("no disk has the serial vol0123456789abcdef0")


def test_a_cancelled_wait_ends_within_a_second(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    deadline.cancel()
    with pytest.raises(Cancelled):
        find(FakeBlockDevices(clock, appear_after_s=NEVER), rules, deadline)
    assert clock.passed_s <= 1.0


def test_a_disk_of_another_serial_is_never_taken(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    with pytest.raises(DeadlineExceeded) as caught:
        find(FakeBlockDevices(clock, FOREIGN), rules, deadline)
    why = reason(caught.value)
    assert why is not None
    assert why.code == "device_not_visible"


def test_a_disk_without_a_serial_is_never_taken(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    with pytest.raises(DeadlineExceeded):
        find(FakeBlockDevices(clock, replace(DISK, serial=None)), rules, deadline)


def test_two_disks_of_one_serial_are_refused(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    twin = replace(DISK, node="/dev/nvme2n1", device_number="259:4")
    with pytest.raises(Refused, match=r"found /dev/nvme1n1, /dev/nvme2n1") as caught:
        find(FakeBlockDevices(clock, DISK, twin), rules, deadline)
    assert caught.value.code == "device_ambiguous"


@pytest.mark.parametrize(
    ("probe", "code", "says"),
    [
        (FilesystemProbe(), "filesystem_missing", "found a blank device"),
        (FilesystemProbe(filesystem="ext4"), "filesystem_unexpected", "found ext4"),
        (
            FilesystemProbe(partition_table="gpt"),
            "filesystem_partitioned",
            "found a gpt partition table",
        ),
    ],
)
def test_the_wrong_contents_are_refused_at_once(
    probe: FilesystemProbe, code: str, says: str, rules: DataConfig, clock: FakeClock
) -> None:
    deadline = Deadline.after(300.0, clock)
    with pytest.raises(Refused, match=says) as caught:
        find(FakeBlockDevices(clock, probe=probe), rules, deadline)
    assert (caught.value.code, clock.passed_s) == (code, 0.0)


def test_the_refusal_says_what_was_wanted_and_where(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    wanted = r"^wanted xfs on vol-0123456789abcdef0 \(/dev/nvme1n1\), found a blank device$"
    with pytest.raises(Refused, match=wanted):
        find(FakeBlockDevices(clock, probe=FilesystemProbe()), rules, deadline)


def test_another_filesystem_is_taken_if_the_configuration_says_so(
    tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    rules = a_config(tmp_path, **{"data.filesystem": "ext4"}).data
    probe = FilesystemProbe(filesystem="ext4", uuid=None)
    found = find(FakeBlockDevices(clock, probe=probe), rules, deadline)
    assert (found.filesystem, found.filesystem_uuid) == ("ext4", "")


def test_a_superblock_that_cannot_be_read_ends_the_wait(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    stuck = ExternalFailure("command_unkillable", "`blkid` did not end")
    with pytest.raises(ExternalFailure, match="did not end"):
        find(FakeBlockDevices(clock, raises=stuck), rules, deadline)
