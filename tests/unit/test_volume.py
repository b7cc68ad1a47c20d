"""The data volume as EC2 attached it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fakes.build import a_config
from fakes.clock import FakeClock, waited_s
from fakes.instance import FOREVER, IDENTITY, VOLUME, FakeEc2
from ladybug_agent.clock import Deadline
from ladybug_agent.config import DataConfig
from ladybug_agent.errors import Cancelled, DeadlineExceeded, ExternalFailure, Refused, reason
from ladybug_agent.resources.volume import PACE, Volume, await_volume, inspect_volume

ROOT = replace(VOLUME, volume_id="vol-0fedcba9876543210", device_name="/dev/xvda")
OTHER = replace(VOLUME, volume_id="vol-0aaaaaaaaaaaaaaaa")


@pytest.fixture
def rules(tmp_path: Path) -> DataConfig:
    return a_config(tmp_path).data


def find(ec2: FakeEc2, rules: DataConfig, deadline: Deadline) -> Volume:
    return await_volume(ec2, IDENTITY, rules, deadline)


def test_a_volume_that_is_attached_costs_one_look(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    ec2 = FakeEc2(ROOT, VOLUME)
    found = find(ec2, rules, deadline)
    assert (found.attached, ec2.looks, clock.passed_s) == (VOLUME, 1, 0.0)


def test_the_serial_of_a_volume_is_its_id_without_the_dash(
    rules: DataConfig, deadline: Deadline
) -> None:
    assert find(FakeEc2(), rules, deadline).serial == "vol0123456789abcdef0"


def test_an_empty_answer_is_not_yet_an_absent_volume(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    found = find(FakeEc2(appear_after_looks=2), rules, deadline)
    assert (found.volume_id, clock.passed_s) == (VOLUME.volume_id, waited_s(PACE, 2))


def test_a_volume_that_is_attaching_is_waited_for(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    found = find(FakeEc2(attaching_for_looks=1), rules, deadline)
    assert (found.attached.attachment_state, clock.passed_s) == ("attached", waited_s(PACE, 1))


def test_ec2_is_asked_at_most_every_ten_seconds_on_average(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    ec2 = FakeEc2(appear_after_looks=FOREVER)
    with pytest.raises(DeadlineExceeded):
        find(ec2, rules, deadline.capped(300.0))
    assert (20 <= ec2.looks <= 30, clock.passed_s) == (True, 300.0)


def test_a_volume_that_is_never_mapped_is_the_reason(rules: DataConfig, deadline: Deadline) -> None:
    with pytest.raises(DeadlineExceeded, match="EC2 to attach a volume as /dev/xvdf") as caught:
        find(FakeEc2(ROOT), rules, deadline)
    why = reason(caught.value)
    assert why is not None
    assert (why.code, str(why)) == (
        "volume_not_mapped",
        "EC2 has no volume at /dev/xvdf of i-0123456789abcdef0",
    )


def test_a_volume_that_stays_attaching_is_the_reason(rules: DataConfig, deadline: Deadline) -> None:
    with pytest.raises(DeadlineExceeded) as caught:
        find(FakeEc2(attaching_for_looks=FOREVER), rules, deadline)
    why = reason(caught.value)
    assert why is not None
    assert (why.code, str(why)) == (
        "volume_not_attached",
        "vol-0123456789abcdef0 is attaching",
    )


def test_a_cancelled_wait_ends_at_once(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    deadline.cancel()
    with pytest.raises(Cancelled):
        find(FakeEc2(appear_after_looks=FOREVER), rules, deadline)
    assert clock.passed_s == 0.0


def test_a_denied_call_ends_the_wait_at_once(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    denied = ExternalFailure("aws_access_denied", "may not call ec2:DescribeVolumes")
    with pytest.raises(ExternalFailure, match="ec2:DescribeVolumes"):
        find(FakeEc2(raises=denied), rules, deadline)
    assert clock.passed_s == 0.0


def test_two_volumes_under_one_name_are_refused(rules: DataConfig, deadline: Deadline) -> None:
    with pytest.raises(Refused, match="vol-0123456789abcdef0, vol-0aaaaaaaaaaaaaaaa") as caught:
        find(FakeEc2(VOLUME, OTHER), rules, deadline)
    assert caught.value.code == "volume_ambiguous"


def test_an_unencrypted_volume_is_refused_at_once(
    rules: DataConfig, clock: FakeClock, deadline: Deadline
) -> None:
    with pytest.raises(Refused, match=r"from snap-0123456789abcdef0.* not encrypted") as caught:
        find(FakeEc2(replace(VOLUME, encrypted=False)), rules, deadline)
    assert (caught.value.code, clock.passed_s) == ("volume_not_encrypted", 0.0)


def test_an_unencrypted_volume_is_taken_if_the_configuration_says_so(
    tmp_path: Path, deadline: Deadline
) -> None:
    rules = a_config(tmp_path, **{"data.require_encryption": False}).data
    assert not find(FakeEc2(replace(VOLUME, encrypted=False)), rules, deadline).attached.encrypted


@pytest.mark.parametrize("name", ["/dev/sdf", "sdf", "xvdf", "/dev/xvdf"])
def test_a_device_name_counts_however_it_is_written(name: str, rules: DataConfig) -> None:
    found = inspect_volume(FakeEc2(replace(VOLUME, device_name=name)), IDENTITY, rules)
    assert found is not None


@pytest.mark.parametrize("name", ["/dev/sdg", "/dev/xvdfa", "/dev/nvme1n1"])
def test_another_device_name_is_another_volume(name: str, rules: DataConfig) -> None:
    found = inspect_volume(FakeEc2(replace(VOLUME, device_name=name)), IDENTITY, rules)
    assert found is None
