"""The data volume while EC2 cannot be asked: the disk's own word counts, and says so."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from fakes.build import FakeWorld, a_config, a_world
from fakes.clock import FakeClock
from fakes.fault import NEVER, fails
from fakes.instance import FOREVER, IDENTITY, ROOT_VOLUME, VOLUME, FakeEc2, FakeMetadata
from fakes.reasons import why
from fakes.sight import NAMELESS, XEN
from fakes.storage import DISK, FakeBlockDevices
from ladybug_agent.clock import Deadline
from ladybug_agent.config.data import DataConfig
from ladybug_agent.errors import DeadlineExceeded, ExternalFailure
from ladybug_agent.model.storage import BlockDevice
from ladybug_agent.resources.attachment import PACE, PASSING
from ladybug_agent.resources.candidates import describe_disk
from ladybug_agent.resources.volume import Volume, await_volume

DENIED = fails("aws_access_denied")
THROTTLED = fails("aws_throttled")
UNREACHABLE = fails("aws_unreachable")
LOOK_S = 1.0


@pytest.fixture
def rules(tmp_path: Path) -> DataConfig:
    return a_config(tmp_path).data


def find(world: FakeWorld, rules: DataConfig, deadline: Deadline) -> Volume:
    return await_volume(world, IDENTITY, rules, deadline)


def world_with(clock: FakeClock, disk: BlockDevice, ec2: FakeEc2) -> FakeWorld:
    return a_world(clock, block_devices=FakeBlockDevices(clock, disk), ec2=ec2)


def test_a_denied_call_costs_no_time(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    ec2 = FakeEc2(raises=DENIED)
    found = find(a_world(clock, ec2=ec2), rules, deadline)
    assert (found.unverified, ec2.looks, clock.passed_s) == ("aws_access_denied", 1, 0.0)


def test_an_unverified_volume_is_what_the_disk_says(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    found = find(a_world(clock, ec2=FakeEc2(raises=DENIED)), rules, deadline)
    assert (found.disk, found.volume_id) == (DISK, "vol-0123456789abcdef0")
    assert (found.attached, found.snapshot_id) == (None, "")


@pytest.mark.parametrize("code", sorted(PASSING))
def test_an_ec2_that_may_come_back_is_waited_for_20_seconds(
    code: str, rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    ec2 = FakeEc2(raises=fails(code))
    metadata = FakeMetadata(mapping={"root": "/dev/xvda"})
    found = find(a_world(clock, ec2=ec2, metadata=metadata), rules, deadline)
    assert (found.unverified, ec2.looks > 2) == (code, True)
    assert 20.0 <= clock.passed_s <= 20.0 + LOOK_S


def test_an_ec2_that_is_throttled_is_asked_once_where_metadata_agrees_with_the_disk(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    ec2 = FakeEc2(raises=THROTTLED)
    found = find(a_world(clock, ec2=ec2), rules, deadline)
    assert (found.unverified, ec2.looks, clock.passed_s) == ("aws_throttled", 1, 0.0)
    assert (found.disk, found.made_at_launch) == (DISK, True)


def test_ec2_is_not_asked_while_a_disk_may_come_by_itself(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    ec2 = FakeEc2(clock=clock)
    devices = FakeBlockDevices(clock, appear_after_s=3.0)
    find(a_world(clock, block_devices=devices, ec2=ec2), rules, deadline)
    assert ec2.looked_at_s == [clock.passed_s]


def test_an_ec2_that_comes_back_in_time_confirms(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    ec2 = FakeEc2(raises=UNREACHABLE, for_looks=3)
    found = find(a_world(clock, ec2=ec2), rules, deadline)
    assert (found.attached, found.unverified, clock.passed_s < 20.0) == (VOLUME, "", True)


def test_an_ec2_that_lists_nothing_is_waited_for_20_seconds(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    found = find(a_world(clock, ec2=FakeEc2(ROOT_VOLUME)), rules, deadline)
    assert (found.attached, found.unverified) == (None, "ec2_lists_no_volume")
    assert 20.0 <= clock.passed_s <= 20.0 + LOOK_S


def test_the_20_seconds_begin_when_the_disk_is_seen(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    devices = FakeBlockDevices(clock, appear_after_s=100.0)
    world = a_world(clock, block_devices=devices, ec2=FakeEc2(raises=UNREACHABLE))
    assert find(world, rules, deadline).unverified == "aws_unreachable"
    assert 120.0 <= clock.passed_s <= 120.0 + 2 * LOOK_S


def test_a_disk_may_still_come_when_ec2_has_denied_to_tell(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    devices = FakeBlockDevices(clock, appear_after_s=100.0)
    ec2 = FakeEc2(raises=DENIED)
    found = find(a_world(clock, block_devices=devices, ec2=ec2), rules, deadline)
    assert (found.disk, found.unverified) == (DISK, "aws_access_denied")
    assert 100.0 <= clock.passed_s <= 100.0 + LOOK_S


def test_a_deadline_before_the_20_seconds_ends_the_wait(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    world = a_world(clock, ec2=FakeEc2(raises=UNREACHABLE))
    with pytest.raises(DeadlineExceeded) as caught:
        find(world, rules, deadline.capped(5.0))
    found = why(caught.value)
    assert (found.code, found.__cause__) == ("volume_unverified", UNREACHABLE)


def test_ec2_is_never_asked_more_often_than_its_pace(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    ec2 = FakeEc2(appear_after_looks=FOREVER, clock=clock)
    devices = FakeBlockDevices(clock, appear_after_s=NEVER)
    with pytest.raises(DeadlineExceeded):
        find(a_world(clock, block_devices=devices, ec2=ec2), rules, deadline.capped(300.0))
    pauses = [later - sooner for sooner, later in pairwise(ec2.looked_at_s)]
    wanted = [PACE.pause_s(number) for number in range(1, ec2.looks)]
    assert all(found >= least - 0.001 for found, least in zip(pauses, wanted, strict=True))
    assert 20 <= ec2.looks <= 30


def test_a_denied_call_is_not_repeated_while_no_disk_is_seen(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    ec2 = FakeEc2(raises=DENIED)
    devices = FakeBlockDevices(clock, appear_after_s=NEVER)
    with pytest.raises(DeadlineExceeded):
        find(a_world(clock, block_devices=devices, ec2=ec2), rules, deadline)
    assert ec2.looks == 1


def test_a_disk_without_a_name_is_found_by_ec2(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    found = find(world_with(clock, NAMELESS, FakeEc2()), rules, deadline)
    assert (found.disk, found.attached, clock.passed_s) == (NAMELESS, VOLUME, 0.0)


def test_a_disk_without_a_name_waits_for_an_ec2_that_is_throttled(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    ec2 = FakeEc2(raises=THROTTLED, for_looks=10)
    found = find(world_with(clock, NAMELESS, ec2), rules, deadline)
    assert (found.attached, clock.passed_s > 20.0) == (VOLUME, True)


@pytest.mark.parametrize("disk", [NAMELESS, XEN], ids=["nameless", "xen"])
def test_a_disk_that_only_ec2_knows_is_not_guessed_when_ec2_denies(
    disk: BlockDevice, rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    """Waiting cannot help: the denial, which names the IAM action, is the reason."""
    with pytest.raises(ExternalFailure) as caught:
        find(world_with(clock, disk, FakeEc2(raises=DENIED)), rules, deadline)
    assert (caught.value, clock.passed_s) == (DENIED, 0.0)


@pytest.mark.parametrize("disk", [NAMELESS, XEN], ids=["nameless", "xen"])
def test_a_disk_that_only_ec2_knows_is_not_guessed_when_ec2_never_answers(
    disk: BlockDevice, rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    with pytest.raises(DeadlineExceeded) as caught:
        find(world_with(clock, disk, FakeEc2(raises=THROTTLED)), rules, deadline)
    found = why(caught.value)
    assert (found.code, found.__cause__) == ("volume_unidentified", THROTTLED)
    assert f"found {describe_disk(disk)}" in str(found)


def test_a_xen_disk_has_a_name_and_gets_its_id_from_ec2(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    found = find(world_with(clock, XEN, FakeEc2()), rules, deadline)
    assert (found.disk, found.volume_id, found.unverified) == (XEN, VOLUME.volume_id, "")


@pytest.fixture
def strict(tmp_path: Path) -> DataConfig:
    """Rules that want one snapshot, which no disk can tell of itself."""
    return a_config(tmp_path, **{"data.snapshot_id": VOLUME.snapshot_id}).data


def test_a_wanted_snapshot_is_not_taken_on_trust_when_ec2_denies(
    strict: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    with pytest.raises(ExternalFailure) as caught:
        find(a_world(clock, ec2=FakeEc2(raises=DENIED)), strict, deadline)
    assert (caught.value, clock.passed_s) == (DENIED, 0.0)


def test_a_wanted_snapshot_waits_for_an_ec2_that_is_throttled(
    strict: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    ec2 = FakeEc2(raises=THROTTLED, for_looks=8)
    found = find(a_world(clock, ec2=ec2), strict, deadline)
    assert (found.snapshot_id, found.unverified, clock.passed_s > 20.0) == (
        VOLUME.snapshot_id,
        "",
        True,
    )


@pytest.mark.parametrize(
    "ec2", [FakeEc2(raises=THROTTLED), FakeEc2(ROOT_VOLUME)], ids=["throttled", "empty"]
)
def test_a_wanted_snapshot_is_not_taken_on_trust_when_ec2_never_tells(
    ec2: FakeEc2, strict: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    with pytest.raises(DeadlineExceeded) as caught:
        find(a_world(clock, ec2=ec2), strict, deadline)
    assert why(caught.value).code == "volume_snapshot_unknown"
