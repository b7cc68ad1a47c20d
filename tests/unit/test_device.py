"""The data device: the volume's disk, readable from end to end, with the expected filesystem."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fakes.build import a_config
from fakes.clock import FakeClock, waited_s
from fakes.disks import XFS
from fakes.evidence import a_volume
from fakes.instance import GIB
from fakes.reasons import why
from fakes.storage import DISK, FakeBlockDevices
from ladybug_agent.clock import Deadline
from ladybug_agent.config.data import DataConfig
from ladybug_agent.errors import Cancelled, DeadlineExceeded, Refused
from ladybug_agent.model.storage import FilesystemProbe
from ladybug_agent.resources.device import BLOCK_BYTES, DataDevice, await_device
from ladybug_agent.waiting import BRISK

SIZE = 100 * GIB


@pytest.fixture
def rules(tmp_path: Path) -> DataConfig:
    return a_config(tmp_path).data


def ready(devices: FakeBlockDevices, rules: DataConfig, deadline: Deadline) -> DataDevice:
    with devices.pin(DISK) as pinned:
        return await_device(pinned, a_volume(), devices.kernel_log, rules, deadline)


def test_a_disk_that_is_ready_costs_no_time(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    found = ready(FakeBlockDevices(clock), rules, deadline)
    assert (found.pinned.disk, found.filesystem, found.filesystem_uuid, clock.passed_s) == (
        DISK,
        "xfs",
        XFS.uuid,
        0.0,
    )


def test_looking_writes_nothing(rules: DataConfig, clock: FakeClock, deadline: Deadline) -> None:
    devices = FakeBlockDevices(clock)
    ready(devices, rules, deadline)
    assert (devices.state.written, devices.sealed) == (False, set())


def test_the_device_is_named_by_volume_and_node(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    found = ready(FakeBlockDevices(clock), rules, deadline)
    assert found.where == "vol-0123456789abcdef0 (/dev/nvme1n1)"


@pytest.mark.parametrize("sizes", [[0], [0, 0, 0], [SIZE - 512], [0, SIZE, 0]], ids=str)
def test_a_size_that_settles_at_what_was_found_is_waited_for(
    sizes: list[int], rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    found = ready(FakeBlockDevices(clock, sizes=sizes), rules, deadline)
    # One look more than there are other sizes: it must hold still.
    assert (found.pinned.disk, clock.passed_s) == (DISK, waited_s(BRISK, len(sizes) + 1))


@pytest.mark.parametrize("size", [SIZE * 2, SIZE - 4096])
def test_a_size_that_settles_elsewhere_is_refused(
    size: int, rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    with pytest.raises(Refused, match=f"had {SIZE} bytes when .* has {size} now") as caught:
        ready(FakeBlockDevices(clock, sizes=[size] * 5), rules, deadline)
    assert caught.value.code == "device_replaced"


@pytest.mark.parametrize(
    "sizes",
    [[0] * 10_000, [SIZE + number * 512 for number in range(1, 10_000)]],
    ids=["nothing", "always another"],
)
def test_a_size_that_never_settles_is_given_up_at_the_deadline(
    sizes: list[int], rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    with pytest.raises(DeadlineExceeded, match="the size of /dev/nvme1n1") as caught:
        ready(FakeBlockDevices(clock, sizes=sizes), rules, deadline.capped(300.0))
    assert (why(caught.value).code, clock.passed_s) == ("device_size_changes", 300.0)


def test_a_cancelled_wait_ends_at_once(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    deadline.cancel()
    with pytest.raises(Cancelled):
        ready(FakeBlockDevices(clock, sizes=[0] * 10), rules, deadline)
    assert clock.passed_s == 0.0


def test_a_cancelled_boot_reads_nothing(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    deadline.cancel()
    with pytest.raises(Cancelled):
        ready(FakeBlockDevices(clock), rules, deadline)


@pytest.mark.parametrize("looks", [1, 2, 3, 4, 5])
def test_a_disk_that_is_replaced_meanwhile_is_refused(
    looks: int, rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    """Pinning, sizes, three blocks and the superblock: each looks first."""
    with pytest.raises(Refused) as caught:
        ready(FakeBlockDevices(clock, replaced_after_looks=looks), rules, deadline)
    assert caught.value.code == "device_replaced"


@pytest.mark.parametrize(
    ("how", "code", "says"),
    [
        ({"probe": FilesystemProbe()}, "filesystem_missing", "found a blank device"),
        ({"probe": FilesystemProbe(filesystem="ext4")}, "filesystem_unexpected", "found ext4"),
        (
            {"probe": FilesystemProbe(filesystem="crypto_LUKS", uuid="x")},
            "filesystem_unexpected",
            "found crypto_LUKS",
        ),
        (
            {"probe": FilesystemProbe(partition_table="gpt")},
            "filesystem_partitioned",
            "found a gpt partition table",
        ),
        (
            {"probe": FilesystemProbe(filesystem="vfat", partition_table="dos")},
            "filesystem_unexpected",
            "found vfat",
        ),
        (
            {"probe_raises": Refused("filesystem_ambiguous", "more than one filesystem")},
            "filesystem_ambiguous",
            "more than one",
        ),
    ],
    ids=["blank", "ext4", "LUKS", "partitioned", "vfat", "ambiguous"],
)
def test_the_wrong_contents_are_refused_at_once(
    how: dict[str, Any], code: str, says: str, rules: DataConfig, clock: FakeClock
) -> None:
    deadline = Deadline.after(300.0, clock)
    devices = FakeBlockDevices(clock, **how)
    with pytest.raises(Refused, match=says) as caught:
        ready(devices, rules, deadline)
    assert (caught.value.code, clock.passed_s, devices.state.written) == (code, 0.0, False)


def test_the_refusal_says_what_was_wanted_and_where(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    wanted = r"^wanted xfs on vol-0123456789abcdef0 \(/dev/nvme1n1\), found a blank device$"
    with pytest.raises(Refused, match=wanted):
        ready(FakeBlockDevices(clock, probe=FilesystemProbe()), rules, deadline)


def test_another_filesystem_is_taken_if_the_configuration_says_so(
    tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    rules = a_config(tmp_path, **{"data.filesystem": "ext4"}).data
    probe = FilesystemProbe(filesystem="ext4", uuid=None)
    found = ready(FakeBlockDevices(clock, probe=probe), rules, deadline)
    assert (found.filesystem, found.filesystem_uuid) == ("ext4", "")


def test_blocks_are_of_the_size_that_is_read() -> None:
    assert SIZE % BLOCK_BYTES == 0
