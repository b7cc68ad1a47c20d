"""What the instance sees of its disks at one moment, and what EC2 told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from fakes.fault import fails
from fakes.instance import IDENTITY, MAPPING, ROOT_VOLUME, VOLUME
from fakes.mounts import ROOT_ENTRY
from fakes.storage import DISK, ROOT_DISK
from ladybug_agent.model.storage import AttachedVolume, BlockDevice, MountEntry
from ladybug_agent.resources.attachment import Told
from ladybug_agent.resources.candidates import Sight

NAMELESS = replace(DISK, device_name="")
"""A disk of which only udev or sysfs has told, and they know no name."""
XEN = replace(DISK, node="/dev/xvdf", device_number="202:80", serial=None, model="")
OTHER_DISK = replace(
    DISK,
    node="/dev/nvme2n1",
    device_number="259:4",
    serial="vol0aaaaaaaaaaaaaaaa",
    disk_sequence=8,
    device_name="xvdg",
)
OTHER_VOLUME = replace(VOLUME, volume_id="vol-0aaaaaaaaaaaaaaaa", device_name="/dev/sdg")


def a_sight(
    *disks: BlockDevice,
    mounts: tuple[MountEntry, ...] = (),
    mapping: Mapping[str, str] = MAPPING,
) -> Sight:
    """Return a sight of these disks; the root disk is always there, and mounted."""
    return Sight(
        instance=IDENTITY,
        disks=(ROOT_DISK, *(disks or (DISK,))),
        mounts=(ROOT_ENTRY, *mounts),
        mapping=mapping,
    )


def told(*volumes: AttachedVolume, final: bool = False) -> Told:
    """Return what EC2 says: the root volume, and these."""
    return Told(volumes=(ROOT_VOLUME, *volumes), final=final)


def silent(code: str = "aws_access_denied", *, final: bool = True) -> Told:
    """Return the silence of an EC2 that fails so."""
    return Told(silence=fails(code), final=final)


def mounted_at(target: str, *, device_number: str = DISK.device_number) -> MountEntry:
    return replace(
        ROOT_ENTRY, mount_id=90, device_number=device_number, target=Path(target), source="x"
    )
