"""The data volume: there at once, later, or never."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from fakes.build import FakeWorld, a_config, a_world
from fakes.clock import FakeClock, waited_s
from fakes.fault import NEVER
from fakes.instance import FOREVER, IDENTITY, ROOT_VOLUME, VOLUME, FakeEc2, FakeMetadata
from fakes.reasons import why
from fakes.sight import OTHER_DISK, OTHER_VOLUME
from fakes.storage import DISK, FakeBlockDevices
from ladybug_agent.clock import Deadline
from ladybug_agent.config.data import DataConfig
from ladybug_agent.errors import Cancelled, DeadlineExceeded, ExternalFailure, NotYet
from ladybug_agent.resources.volume import Volume, await_volume
from ladybug_agent.waiting import STEADY

LOOK_S = 1.0
"""The longest pause between two looks at the disks."""


@pytest.fixture
def rules(tmp_path: Path) -> DataConfig:
    return a_config(tmp_path).data


def find(world: FakeWorld, rules: DataConfig, deadline: Deadline) -> Volume:
    return await_volume(world, IDENTITY, rules, deadline)


def test_a_volume_that_is_attached_costs_one_look(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    world = a_world(clock)
    found = find(world, rules, deadline)
    assert (found.attached, found.disk, found.unverified) == (VOLUME, DISK, "")
    assert (world.ec2.looks, len(world.block_devices.looked_at_s), clock.passed_s) == (1, 1, 0.0)


def test_the_evidence_names_volume_and_snapshot(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    found = find(a_world(clock), rules, deadline)
    assert (found.instance, found.volume_id, found.snapshot_id) == (
        IDENTITY,
        "vol-0123456789abcdef0",
        "snap-0123456789abcdef0",
    )


@pytest.mark.parametrize("attached_after_s", [0.0, 1.0, 250.0])
def test_a_volume_is_found_within_a_second_of_its_attachment(
    attached_after_s: float, rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    devices = FakeBlockDevices(clock, appear_after_s=attached_after_s)
    found = find(a_world(clock, block_devices=devices), rules, deadline.capped(300.0))
    assert (found.disk, found.unverified) == (DISK, "")
    assert attached_after_s <= clock.passed_s <= attached_after_s + LOOK_S


def test_a_volume_that_ec2_attaches_late_is_found_and_confirmed(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    """Nobody knows of the volume for 250 s; then the disk comes, and EC2 is asked at once."""
    devices = FakeBlockDevices(clock, appear_after_s=250.0)
    asked_in_vain = 22
    ec2 = FakeEc2(appear_after_looks=asked_in_vain, clock=clock)
    found = find(a_world(clock, block_devices=devices, ec2=ec2), rules, deadline.capped(300.0))
    assert (found.attached, ec2.looks) == (VOLUME, asked_in_vain + 1)
    assert ec2.looked_at_s[-1] == clock.passed_s
    assert 250.0 <= clock.passed_s <= 250.0 + LOOK_S


def test_a_volume_that_never_comes_is_given_up_at_the_deadline(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    devices = FakeBlockDevices(clock, appear_after_s=NEVER)
    world = a_world(clock, block_devices=devices, ec2=FakeEc2(ROOT_VOLUME))
    with pytest.raises(DeadlineExceeded, match="the data volume at /dev/xvdf") as caught:
        find(world, rules, deadline.capped(300.0))
    assert (why(caught.value).code, clock.passed_s) == ("volume_not_mapped", 300.0)


def test_a_volume_that_is_never_mapped_is_the_reason_with_what_is(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    devices = FakeBlockDevices(clock, OTHER_DISK)
    metadata = FakeMetadata(mapping={"root": "/dev/xvda", "ebs1": "sdg"})
    ec2 = FakeEc2(ROOT_VOLUME, OTHER_VOLUME)
    world = a_world(clock, block_devices=devices, ec2=ec2, metadata=metadata)
    with pytest.raises(DeadlineExceeded) as caught:
        find(world, rules, deadline)
    assert str(why(caught.value)) == (
        "neither a disk nor EC2 has a volume at /dev/xvdf of i-0123456789abcdef0;"
        " instance metadata maps ebs1=sdg, root=/dev/xvda"
    )


def test_a_volume_without_a_disk_is_the_reason_with_the_disks(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    devices = FakeBlockDevices(clock, appear_after_s=NEVER)
    with pytest.raises(DeadlineExceeded) as caught:
        find(a_world(clock, block_devices=devices), rules, deadline)
    found = why(caught.value)
    assert (found.code, str(found)) == (
        "device_not_visible",
        (
            "vol-0123456789abcdef0 is attached, but no disk has the serial vol0123456789abcdef0;"
            " the disks are: /dev/nvme0n1 (vol0fedcba9876543210, xvda)"
        ),
    )


def test_an_empty_answer_is_not_yet_an_absent_volume(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    found = find(a_world(clock, ec2=FakeEc2(appear_after_looks=2)), rules, deadline)
    assert (found.attached, found.unverified) == (VOLUME, "")


def test_a_volume_that_is_attaching_is_waited_for(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    devices = FakeBlockDevices(clock, appear_after_s=9.0)
    ec2 = FakeEc2(appear_after_looks=1, attaching_for_looks=1)
    found = find(a_world(clock, block_devices=devices, ec2=ec2), rules, deadline)
    assert found.attached is not None
    assert 9.0 <= clock.passed_s <= 9.0 + LOOK_S


def test_a_disk_that_is_there_does_not_wait_for_ec2_to_say_so_too(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    find(a_world(clock, ec2=FakeEc2(attaching_for_looks=FOREVER)), rules, deadline)
    assert clock.passed_s == 0.0


def test_a_volume_that_stays_attaching_is_the_reason(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    devices = FakeBlockDevices(clock, appear_after_s=NEVER)
    world = a_world(clock, block_devices=devices, ec2=FakeEc2(attaching_for_looks=FOREVER))
    with pytest.raises(DeadlineExceeded) as caught:
        find(world, rules, deadline)
    found = why(caught.value)
    assert (found.code, str(found)) == ("volume_not_attached", "vol-0123456789abcdef0 is attaching")


def test_a_disk_that_has_no_size_yet_is_waited_for(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    world = a_world(clock, block_devices=FakeBlockDevices(clock, replace(DISK, size_bytes=0)))
    with pytest.raises(DeadlineExceeded) as caught:
        find(world, rules, deadline)
    assert why(caught.value).code == "device_has_no_size"


def test_a_lost_event_costs_at_most_a_second(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    devices = FakeBlockDevices(clock, appear_after_s=100.0)
    find(a_world(clock, block_devices=devices), rules, deadline)
    pauses = [round(later - sooner, 6) for sooner, later in pairwise(devices.looked_at_s)]
    assert (min(pauses), max(pauses)) == (waited_s(STEADY, 1), LOOK_S)


def test_a_cancelled_wait_ends_within_a_second(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    deadline.cancel()
    devices = FakeBlockDevices(clock, appear_after_s=NEVER)
    with pytest.raises(Cancelled):
        find(a_world(clock, block_devices=devices), rules, deadline)
    assert clock.passed_s <= LOOK_S


@pytest.mark.parametrize(
    "error",
    [
        NotYet("imds_unreachable", "instance metadata does not answer"),
        ExternalFailure("imds_garbled", "cannot read it"),
    ],
    ids=lambda error: error.code,
)
def test_a_mapping_that_cannot_be_read_is_done_without(
    error: NotYet | ExternalFailure, rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    world = a_world(clock, metadata=FakeMetadata(mapping_raises=error))
    assert find(world, rules, deadline).attached == VOLUME


def test_a_mapping_without_the_volume_is_no_objection(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    """Metadata never lists what was attached after the launch."""
    world = a_world(clock, metadata=FakeMetadata(mapping={"root": "/dev/xvda"}))
    assert find(world, rules, deadline).attached == VOLUME
