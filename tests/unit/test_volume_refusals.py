"""A data volume that is found, and still must not be used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fakes.build import a_config
from fakes.instance import GIB, VOLUME
from fakes.sight import (
    NAMELESS,
    OTHER_DISK,
    OTHER_VOLUME,
    XEN,
    a_sight,
    mounted_at,
    silent,
    told,
)
from fakes.storage import DISK
from ladybug_agent.config.data import DataConfig
from ladybug_agent.errors import NotYet, Refused
from ladybug_agent.model.storage import INSTANCE_STORE_MODEL, BlockDevice
from ladybug_agent.resources.attachment import Told
from ladybug_agent.resources.candidates import Sight
from ladybug_agent.resources.volume import judge_volume

STORE = replace(DISK, model=INSTANCE_STORE_MODEL, serial="AWS6AAAAAAAAAAAAAAAA")
DISKS = pytest.mark.parametrize("disk", [DISK, NAMELESS, XEN], ids=["named", "nameless", "xen"])


@pytest.fixture
def rules(tmp_path: Path) -> DataConfig:
    return a_config(tmp_path).data


def refused(sight: Sight, answer: Told, rules: DataConfig) -> Refused:
    with pytest.raises(Refused) as caught:
        judge_volume(sight, answer, rules)
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize("role", ["root", "ami"])
def test_the_name_of_the_root_disk_is_refused(role: str, rules: DataConfig) -> None:
    error = refused(a_sight(mapping={role: "/dev/sdf"}), told(VOLUME), rules)
    assert (error.code, "/dev/xvdf" in str(error)) == ("device_is_root", True)


@pytest.mark.parametrize("role", ["ephemeral0", "swap"])
def test_the_name_of_instance_storage_is_refused(role: str, rules: DataConfig) -> None:
    error = refused(a_sight(mapping={"root": "xvda", role: "sdf"}), told(VOLUME), rules)
    assert (error.code, str(error).endswith(role)) == ("device_is_instance_store", True)


def test_metadata_counts_before_any_disk_is_there(rules: DataConfig) -> None:
    sight = replace(a_sight(mapping={"root": "xvdf"}), disks=())
    assert refused(sight, told(), rules).code == "device_is_root"


def test_instance_storage_with_the_name_is_refused(rules: DataConfig) -> None:
    error = refused(a_sight(STORE), told(VOLUME), rules)
    assert (error.code, "AWS6AAAAAAAAAAAAAAAA" in str(error)) == ("device_is_instance_store", True)


def test_instance_storage_beside_the_volume_does_not_disturb(rules: DataConfig) -> None:
    beside = replace(STORE, node="/dev/nvme2n1", device_number="259:9", device_name="sdb")
    assert judge_volume(a_sight(beside, DISK), told(VOLUME), rules).disk == DISK


@pytest.mark.parametrize("number", [DISK.device_number, "259:5"], ids=["disk", "partition"])
def test_the_disk_of_the_root_filesystem_is_refused(number: str, rules: DataConfig) -> None:
    disk = replace(DISK, partitions=("259:5",))
    error = refused(a_sight(disk, mounts=(mounted_at("/", device_number=number),)), silent(), rules)
    assert (error.code, "holds the root filesystem" in str(error)) == ("device_is_root", True)


@DISKS
def test_a_disk_with_something_stacked_on_it_is_refused(
    disk: BlockDevice, rules: DataConfig
) -> None:
    held = replace(disk, holders=("dm-0", "md127"))
    error = refused(a_sight(held), told(VOLUME), rules)
    assert (error.code, str(error).endswith("is held by dm-0, md127")) == ("device_in_use", True)


@pytest.mark.parametrize("number", [DISK.device_number, "259:5"], ids=["disk", "partition"])
def test_a_disk_that_is_mounted_elsewhere_is_refused(number: str, rules: DataConfig) -> None:
    disk = replace(DISK, partitions=("259:5",))
    sight = a_sight(disk, mounts=(mounted_at("/srv/old", device_number=number),))
    error = refused(sight, told(VOLUME), rules)
    assert (error.code, "is mounted at /srv/old, wanted it nowhere but at" in str(error)) == (
        "device_in_use",
        True,
    )


def test_a_disk_that_is_mounted_in_two_places_is_refused(rules: DataConfig) -> None:
    mounts = (mounted_at(rules.mount_point), mounted_at("/srv/old"))
    assert refused(a_sight(mounts=mounts), told(VOLUME), rules).code == "device_in_use"


def test_a_disk_that_is_mounted_where_it_should_be_is_taken(rules: DataConfig) -> None:
    sight = a_sight(mounts=(mounted_at(rules.mount_point),))
    assert judge_volume(sight, told(VOLUME), rules).disk == DISK


def test_mounts_of_other_disks_do_not_disturb(rules: DataConfig) -> None:
    sight = a_sight(mounts=(mounted_at("/srv/other", device_number=OTHER_DISK.device_number),))
    assert judge_volume(sight, told(VOLUME), rules).disk == DISK


@DISKS
def test_a_volume_made_from_no_snapshot_is_refused(disk: BlockDevice, rules: DataConfig) -> None:
    error = refused(a_sight(disk), told(replace(VOLUME, snapshot_id="")), rules)
    assert (error.code, 'data.mode = "empty"' in error.hint) == ("volume_not_from_snapshot", True)


def test_a_volume_made_from_another_snapshot_is_refused(rules: DataConfig) -> None:
    wanted = replace(rules, snapshot_id="snap-0ccc")
    error = refused(a_sight(), told(VOLUME), wanted)
    assert (error.code, str(error)) == (
        "volume_wrong_snapshot",
        (
            "wanted a volume made from snap-0ccc, vol-0123456789abcdef0 was made from"
            " snap-0123456789abcdef0"
        ),
    )


def test_a_volume_made_from_the_wanted_snapshot_is_taken(rules: DataConfig) -> None:
    wanted = replace(rules, snapshot_id=VOLUME.snapshot_id)
    assert judge_volume(a_sight(), told(VOLUME), wanted).snapshot_id == VOLUME.snapshot_id


def test_an_unencrypted_volume_is_refused(rules: DataConfig) -> None:
    error = refused(a_sight(), told(replace(VOLUME, encrypted=False)), rules)
    assert (error.code, str(error)) == (
        "volume_not_encrypted",
        "vol-0123456789abcdef0 (from snap-0123456789abcdef0) is not encrypted",
    )


def test_an_unencrypted_volume_is_taken_if_the_configuration_says_so(rules: DataConfig) -> None:
    plain = replace(VOLUME, encrypted=False)
    lenient = replace(rules, require_encryption=False)
    assert judge_volume(a_sight(), told(plain), lenient).attached == plain


@DISKS
@pytest.mark.parametrize("size_bytes", [99 * GIB, 101 * GIB, 100 * GIB - 512])
def test_a_disk_of_another_size_is_refused(
    size_bytes: int, disk: BlockDevice, rules: DataConfig
) -> None:
    error = refused(a_sight(replace(disk, size_bytes=size_bytes)), told(VOLUME), rules)
    assert (error.code, "EC2 says vol-0123456789abcdef0 has 100 GiB" in str(error)) == (
        "device_size_differs",
        True,
    )


def test_a_disk_that_is_attaching_and_has_no_size_is_waited_for(rules: DataConfig) -> None:
    disk, volume = replace(DISK, size_bytes=0), replace(VOLUME, attachment_state="attaching")
    with pytest.raises(NotYet, match="is attaching") as caught:
        judge_volume(a_sight(disk), told(volume), rules)
    assert caught.value.code == "volume_not_attached"


def test_a_disk_without_a_size_is_waited_for_without_ec2_too(rules: DataConfig) -> None:
    with pytest.raises(NotYet) as caught:
        judge_volume(a_sight(replace(DISK, size_bytes=0)), silent(), rules)
    assert caught.value.code == "device_has_no_size"


def test_faults_of_another_volume_do_not_disturb(rules: DataConfig) -> None:
    bad = replace(OTHER_VOLUME, encrypted=False, snapshot_id="", size_gib=1)
    assert judge_volume(a_sight(DISK, OTHER_DISK), told(bad, VOLUME), rules).attached == VOLUME
