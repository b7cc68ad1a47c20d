"""Which disk is the data volume: both sides agree, or nothing is taken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fakes.build import a_config
from fakes.instance import ROOT_VOLUME, VOLUME
from fakes.sight import NAMELESS, OTHER_DISK, OTHER_VOLUME, XEN, a_sight, silent, told
from fakes.storage import DISK, ROOT_DISK
from ladybug_agent.config.data import DataConfig
from ladybug_agent.errors import ExternalFailure, NotYet, Refused
from ladybug_agent.model.storage import BlockDevice
from ladybug_agent.resources.volume import judge_volume

AT_OUR_NAME = replace(OTHER_VOLUME, device_name=VOLUME.device_name)
ELSEWHERE = replace(VOLUME, device_name="/dev/sdg")
WRITTEN = ["/dev/sdf", "sdf", "xvdf", "/dev/xvdf"]
UNSURE = (NotYet, ExternalFailure)


@pytest.fixture
def rules(tmp_path: Path) -> DataConfig:
    return a_config(tmp_path).data


@pytest.mark.parametrize("by_disk", WRITTEN)
@pytest.mark.parametrize("by_ec2", WRITTEN)
@pytest.mark.parametrize("configured", ["/dev/xvdf", "sdf"])
def test_a_device_name_counts_however_it_is_written(
    by_disk: str, by_ec2: str, configured: str, rules: DataConfig
) -> None:
    disk, volume = replace(DISK, device_name=by_disk), replace(VOLUME, device_name=by_ec2)
    found = judge_volume(a_sight(disk), told(volume), replace(rules, device_name=configured))
    assert (found.disk, found.attached) == (disk, volume)


@pytest.mark.parametrize("name", ["/dev/sdg", "/dev/xvdfa", "/dev/nvme1n1", "xvda"])
def test_another_device_name_is_another_volume(name: str, rules: DataConfig) -> None:
    disk, volume = replace(DISK, device_name=name), replace(VOLUME, device_name=name)
    with pytest.raises(NotYet) as caught:
        judge_volume(a_sight(disk), told(volume), rules)
    assert caught.value.code == "volume_not_mapped"


def test_the_node_of_the_disk_means_nothing(rules: DataConfig) -> None:
    """Kernel names are in the order of probing, and swap at a reboot."""
    swapped = replace(DISK, node="/dev/nvme2n1"), replace(OTHER_DISK, node="/dev/nvme1n1")
    found = judge_volume(a_sight(*swapped), told(VOLUME, OTHER_VOLUME), rules)
    assert found.disk.node == "/dev/nvme2n1"


def test_another_volume_at_the_name_is_a_contradiction(rules: DataConfig) -> None:
    with pytest.raises(Refused) as caught:
        judge_volume(a_sight(), told(AT_OUR_NAME), rules)
    assert (caught.value.code, str(caught.value)) == (
        "volume_contradiction",
        (
            "/dev/nvme1n1 (vol0123456789abcdef0, xvdf) says it is attached as /dev/xvdf, EC2 says"
            " vol-0aaaaaaaaaaaaaaaa at /dev/xvdf (attached)"
        ),
    )


def test_the_volume_at_another_name_is_a_contradiction(rules: DataConfig) -> None:
    with pytest.raises(Refused, match=r"EC2 says vol-0123456789abcdef0 at /dev/sdg") as caught:
        judge_volume(a_sight(), told(ELSEWHERE), rules)
    assert caught.value.code == "volume_contradiction"


def test_a_disk_that_says_it_has_another_name_than_ec2_says_is_a_contradiction(
    rules: DataConfig,
) -> None:
    with pytest.raises(Refused) as caught:
        judge_volume(a_sight(replace(DISK, device_name="xvdg")), told(VOLUME), rules)
    assert (caught.value.code, "xvdg" in str(caught.value)) == ("volume_contradiction", True)


def test_volumes_whose_names_are_swapped_are_a_contradiction(rules: DataConfig) -> None:
    with pytest.raises(Refused) as caught:
        judge_volume(a_sight(DISK, OTHER_DISK), told(AT_OUR_NAME, ELSEWHERE), rules)
    assert caught.value.code == "volume_contradiction"


@pytest.mark.parametrize("final", [False, True])
def test_a_contradiction_stops_at_once_and_in_the_end(*, final: bool, rules: DataConfig) -> None:
    with pytest.raises(Refused):
        judge_volume(a_sight(), told(AT_OUR_NAME, final=final), rules)


@pytest.mark.parametrize("disk", [DISK, NAMELESS, XEN], ids=["named", "nameless", "xen"])
def test_two_volumes_under_one_name_are_refused(disk: BlockDevice, rules: DataConfig) -> None:
    with pytest.raises(Refused) as caught:
        judge_volume(a_sight(disk), told(VOLUME, AT_OUR_NAME), rules)
    assert (caught.value.code, str(caught.value)) == (
        "volume_ambiguous",
        "wanted one volume at /dev/xvdf, EC2 lists vol-0123456789abcdef0 and vol-0aaaaaaaaaaaaaaaa",
    )


@pytest.mark.parametrize("state", ["detaching", "detached"])
def test_a_predecessor_that_is_leaving_is_no_second_volume(state: str, rules: DataConfig) -> None:
    leaving = replace(AT_OUR_NAME, attachment_state=state)
    assert judge_volume(a_sight(), told(leaving, VOLUME), rules).attached == VOLUME
    assert judge_volume(a_sight(NAMELESS), told(leaving, VOLUME), rules).attached == VOLUME


@pytest.mark.parametrize("disk", [DISK, NAMELESS], ids=["named", "nameless"])
def test_a_volume_that_is_leaving_is_not_taken(disk: BlockDevice, rules: DataConfig) -> None:
    leaving = replace(VOLUME, attachment_state="detaching")
    with pytest.raises(NotYet, match="vol-0123456789abcdef0 is detaching") as caught:
        judge_volume(a_sight(disk), told(leaving, final=True), rules)
    assert caught.value.code == "volume_not_attached"


def test_a_disk_that_stays_behind_a_volume_that_left_is_not_taken(rules: DataConfig) -> None:
    """EC2 has attached the successor, the kernel still shows the predecessor."""
    leaving = replace(AT_OUR_NAME, attachment_state="detaching")
    old_disk = replace(OTHER_DISK, device_name="xvdf")
    with pytest.raises(NotYet) as caught:
        judge_volume(a_sight(old_disk), told(leaving, VOLUME), rules)
    assert caught.value.code == "volume_not_attached"


def test_two_disks_with_one_name_are_refused(rules: DataConfig) -> None:
    twin = replace(OTHER_DISK, device_name="/dev/sdf")
    with pytest.raises(Refused) as caught:
        judge_volume(a_sight(DISK, twin), told(VOLUME), rules)
    assert (caught.value.code, str(caught.value)) == (
        "device_ambiguous",
        (
            "wanted one disk with that device name, found /dev/nvme1n1 (vol0123456789abcdef0, xvdf)"
            " and /dev/nvme2n1 (vol0aaaaaaaaaaaaaaaa, /dev/sdf)"
        ),
    )


def test_two_disks_of_one_serial_are_refused(rules: DataConfig) -> None:
    twin = replace(NAMELESS, node="/dev/nvme2n1", device_number="259:4")
    with pytest.raises(Refused, match=r"serial number, found /dev/nvme1n1 .* and /dev/nvme2n1"):
        judge_volume(a_sight(NAMELESS, twin), told(VOLUME), rules)


@pytest.mark.parametrize(
    "only",
    [
        OTHER_DISK,
        replace(OTHER_DISK, device_name=""),
        replace(DISK, device_name="", serial=None),
        replace(DISK, device_name="", serial="vol0123456789abcdef"),
    ],
    ids=["another name", "another serial", "neither", "a shorter serial"],
)
def test_the_only_other_disk_is_never_taken(only: BlockDevice, rules: DataConfig) -> None:
    for answer in (told(VOLUME), told(final=True), silent(), silent("aws_throttled")):
        with pytest.raises(UNSURE):
            judge_volume(a_sight(only), answer, rules)


def test_the_root_disk_is_never_the_only_one(rules: DataConfig) -> None:
    for answer in (told(VOLUME), told(final=True), silent("aws_throttled")):
        with pytest.raises(NotYet):
            judge_volume(replace(a_sight(), disks=(ROOT_DISK,)), answer, rules)


def test_other_volumes_of_the_instance_do_not_disturb(rules: DataConfig) -> None:
    found = judge_volume(a_sight(OTHER_DISK, DISK), told(OTHER_VOLUME, VOLUME), rules)
    assert (found.disk, found.attached) == (DISK, VOLUME)


def test_ec2_must_not_name_the_root_disk_either(rules: DataConfig) -> None:
    claimed = replace(ROOT_VOLUME, device_name=VOLUME.device_name)
    nameless_root = replace(ROOT_DISK, device_name="")
    sight = replace(a_sight(), disks=(nameless_root,))
    with pytest.raises(Refused) as caught:
        judge_volume(sight, replace(told(), volumes=(claimed,)), rules)
    assert caught.value.code == "device_is_root"


def test_a_disk_of_a_kind_that_nobody_knows_needs_the_word_of_ec2(rules: DataConfig) -> None:
    unknown = replace(DISK, model="Amazon Something Else")
    with pytest.raises(NotYet):
        judge_volume(a_sight(unknown), told(final=True), rules)
    assert judge_volume(a_sight(unknown), told(VOLUME), rules).disk == unknown
