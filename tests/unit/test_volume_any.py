"""Thousands of sights and answers: whatever they are, no wrong disk is taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from fakes.build import a_config
from fakes.instance import VOLUME
from fakes.sight import OTHER_DISK, OTHER_VOLUME, a_sight, mounted_at, silent, told
from fakes.storage import DISK
from ladybug_agent.config.data import DataConfig
from ladybug_agent.errors import ExternalFailure, NotYet, Refused
from ladybug_agent.model.storage import EBS_MODEL, INSTANCE_STORE_MODEL, BlockDevice, MountEntry
from ladybug_agent.resources.attachment import Told, bare_device_name
from ladybug_agent.resources.candidates import Sight
from ladybug_agent.resources.volume import Volume, judge_volume

NAMES = ("xvdf", "/dev/sdg", "")
SERIALS = (DISK.serial, OTHER_DISK.serial, None)
MODELS = (EBS_MODEL, INSTANCE_STORE_MODEL, "", "Amazon Something Else")
SIZES = (DISK.size_bytes, 0)
HOLDERS: tuple[tuple[str, ...], ...] = ((), ("dm-0",))
MOUNTS: tuple[tuple[MountEntry, ...], ...] = ((), (mounted_at("/srv"),))
SECOND: dict[str, tuple[BlockDevice, ...]] = {
    "no second disk": (),
    "a second disk": (OTHER_DISK,),
    "a second disk of the name": (replace(OTHER_DISK, device_name="sdf"),),
    "a second disk of no name": (replace(OTHER_DISK, device_name=""),),
}
AT_OUR_NAME = replace(OTHER_VOLUME, device_name="/dev/sdf")
ANSWERS: dict[str, Told] = {
    "the volume": told(VOLUME),
    "the volume attaching": told(replace(VOLUME, attachment_state="attaching")),
    "the volume detaching": told(replace(VOLUME, attachment_state="detaching"), final=True),
    "the volume elsewhere": told(replace(VOLUME, device_name="sdg")),
    "the volume unencrypted": told(replace(VOLUME, encrypted=False)),
    "the volume from nothing": told(replace(VOLUME, snapshot_id="")),
    "another volume": told(AT_OUR_NAME),
    "both": told(VOLUME, AT_OUR_NAME),
    "both, one detaching": told(VOLUME, replace(AT_OUR_NAME, attachment_state="detaching")),
    "names swapped": told(AT_OUR_NAME, replace(VOLUME, device_name="sdg")),
    "nothing yet": told(),
    "nothing": told(final=True),
    "throttled": silent("aws_throttled", final=False),
    "throttled for long": silent("aws_throttled"),
    "denied": silent(),
}


def sights(second: tuple[BlockDevice, ...]) -> Iterator[Sight]:
    for name, serial, model in product(NAMES, SERIALS, MODELS):
        disk = replace(DISK, device_name=name, serial=serial, model=model)
        for size, holders, mounts in product(SIZES, HOLDERS, MOUNTS):
            first = replace(disk, size_bytes=size, holders=holders)
            yield a_sight(first, *second, mounts=mounts)


def taken(sight: Sight, answer: Told, rules: DataConfig) -> Volume | None:
    try:
        return judge_volume(sight, answer, rules)
    except (NotYet, Refused, ExternalFailure):
        return None


def says_our_name(disk: BlockDevice) -> bool:
    return bare_device_name(disk.device_name) == "f"


def is_usable(sight: Sight, disk: BlockDevice) -> bool:
    places = [entry for entry in sight.mounts if entry.device_number == disk.device_number]
    return not places and not disk.holders and disk.size_bytes == DISK.size_bytes


def is_proven(found: Volume) -> bool:
    """EC2 named this volume at our name, and the disk is that volume as far as it tells."""
    attached, disk = found.attached, found.disk
    return (
        attached is not None
        and bare_device_name(attached.device_name) == "f"
        and attached.attachment_state in {"attached", "attaching"}
        and attached.encrypted
        and bool(attached.snapshot_id)
        and disk.serial in {attached.volume_id.replace("-", ""), None}
        and (disk.serial is not None or says_our_name(disk))
    )


def is_trusted(found: Volume, answer: Told) -> bool:
    """EC2 was asked long enough, contradicts nothing, and the disk told all by itself."""
    there = [v for v in answer.volumes if bare_device_name(v.device_name) == "f"]
    return (
        found.attached is None
        and bool(found.unverified)
        and answer.final
        and all(volume.attachment_state == "detaching" for volume in there)
        and says_our_name(found.disk)
        and found.disk.serial is not None
        and found.disk.model != INSTANCE_STORE_MODEL
    )


@pytest.fixture
def rules(tmp_path: Path) -> DataConfig:
    return a_config(tmp_path).data


@pytest.mark.parametrize("second", SECOND.values(), ids=SECOND.keys())
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_nothing_wrong_is_ever_taken(
    second: tuple[BlockDevice, ...], answer: Told, rules: DataConfig
) -> None:
    found = [(sight, taken(sight, answer, rules)) for sight in sights(second)]
    wrong = [
        (sight, volume)
        for sight, volume in found
        if volume is not None
        and not (
            is_usable(sight, volume.disk) and (is_proven(volume) or is_trusted(volume, answer))
        )
    ]
    assert wrong == []


@pytest.mark.parametrize("answer", ["the volume", "both, one detaching", "denied", "nothing"])
def test_something_right_is_taken(answer: str, rules: DataConfig) -> None:
    assert any(taken(sight, ANSWERS[answer], rules) for sight in sights(()))
