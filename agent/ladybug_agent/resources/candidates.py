"""Which of the disks may be the data volume: by name or serial, and never one in other use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ladybug_agent.config.data import DataConfig
from ladybug_agent.errors import NotYet, Refused
from ladybug_agent.model import InstanceIdentity
from ladybug_agent.model.storage import (
    EBS_MODEL,
    INSTANCE_STORE_MODEL,
    AttachedVolume,
    BlockDevice,
    MountEntry,
)
from ladybug_agent.resources.attachment import bare_device_name, not_attached

ROOT_ROLES = frozenset({"ami", "root"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What the instance itself sees at one moment."""

    instance: InstanceIdentity
    disks: tuple[BlockDevice, ...]
    mounts: tuple[MountEntry, ...]
    mapping: Mapping[str, str]
    """The launch template's device names by role, as instance metadata has them."""


def refuse_other_use(sight: Sight, wanted: str, rules: DataConfig) -> None:
    """Refuse a device name that metadata maps to something else than an EBS data volume."""
    roles = {r for r, device in sight.mapping.items() if bare_device_name(device) == wanted}
    if roles & ROOT_ROLES:
        raise Refused(
            "device_is_root",
            f"`data.device_name` is {rules.device_name}, which instance metadata says is the root"
            " disk",
            hint="give the DeviceName of the data volume in the launch template",
        )
    if other := sorted(role for role in roles if role.startswith(("ephemeral", "swap"))):
        raise Refused(
            "device_is_instance_store",
            f"`data.device_name` is {rules.device_name}, which instance metadata maps to"
            f" {', '.join(other)}",
            hint="give the DeviceName of the EBS volume in the launch template",
        )


def is_made_at_launch(sight: Sight, wanted: str) -> bool:
    """Return whether metadata has the name as an EBS volume of the launch: one made for it."""
    return any(
        role.startswith("ebs") and bare_device_name(device) == wanted
        for role, device in sight.mapping.items()
    )


def self_named_disk(sight: Sight, wanted: str) -> BlockDevice | None:
    """Return the disk that says it is attached under this name, or None if none says so."""
    named = [d for d in sight.disks if d.device_name and bare_device_name(d.device_name) == wanted]
    if stores := [disk for disk in named if disk.model == INSTANCE_STORE_MODEL]:
        raise Refused(
            "device_is_instance_store",
            f"{describe_disk(stores[0])} has the wanted device name, but is EC2 instance storage",
            hint="instance storage is empty after every launch: map the EBS volume to another"
            " DeviceName, and set `data.device_name`",
        )
    # Xen's disks have no model; any other kind of Amazon's is none that we know.
    return _the_only([disk for disk in named if disk.model in {EBS_MODEL, ""}], "device name")


def half_known_disks(sight: Sight, wanted: str) -> list[BlockDevice]:
    """Return the disks that only EC2 can tell: they know their volume id or the name, not both."""

    def is_half_known(disk: BlockDevice) -> bool:
        if disk.device_name:
            return disk.serial is None and bare_device_name(disk.device_name) == wanted
        return (disk.serial or "").startswith("vol")

    return [disk for disk in sight.disks if is_half_known(disk)]


def disk_of_volume(sight: Sight, volume: AttachedVolume) -> BlockDevice:
    """Return the disk with the volume's serial number: its id without the dash."""
    serial = volume.volume_id.replace("-", "")
    disk = _the_only([disk for disk in sight.disks if disk.serial == serial], "serial number")
    if disk is None and volume.attachment_state == "attaching":
        raise not_attached(volume)
    if disk is None:
        raise NotYet(
            "device_not_visible",
            f"{volume.volume_id} is attached, but no disk has the serial {serial}; the disks are:"
            f" {', '.join(describe_disk(disk) for disk in sight.disks) or 'none'}",
            hint="look for `nvme` in `dmesg`: a controller that failed to come up needs the"
            " instance replaced",
        )
    return disk


def refuse_in_use(disk: BlockDevice, sight: Sight, rules: DataConfig) -> None:
    """Refuse the root disk, a disk with holders, and one that is mounted anywhere else."""
    numbers = {disk.device_number, *disk.partitions}
    places = [str(entry.target) for entry in sight.mounts if entry.device_number in numbers]
    if "/" in places:
        raise Refused(
            "device_is_root",
            f"{describe_disk(disk)} holds the root filesystem",
            hint="is `data.device_name` the DeviceName of the data volume?",
        )
    if disk.holders:
        raise Refused(
            "device_in_use",
            f"{describe_disk(disk)} is held by {', '.join(disk.holders)}",
            hint="`lsblk` shows what is stacked on it; nothing but the agent may use the volume",
        )
    if elsewhere := sorted({place for place in places if Path(place) != Path(rules.mount_point)}):
        raise Refused(
            "device_in_use",
            f"{describe_disk(disk)} is mounted at {', '.join(elsewhere)}, wanted it nowhere but at"
            f" {rules.mount_point}",
            hint=f"find out who mounted it, then `umount {elsewhere[0]}`",
        )


def volume_id_of(disk: BlockDevice) -> str:
    """Return the volume id that the serial number spells: `vol0abc` is `vol-0abc`."""
    serial = disk.serial or ""
    return f"vol-{serial.removeprefix('vol')}" if serial.startswith("vol") else serial


def describe_disk(disk: BlockDevice) -> str:
    """Return the disk for a message: node, serial number and name, as far as they are known."""
    known = [text for text in (disk.serial, disk.device_name) if text]
    return f"{disk.node} ({', '.join(known)})" if known else disk.node


def _the_only(disks: list[BlockDevice], what: str) -> BlockDevice | None:
    if len(disks) > 1:
        raise Refused(
            "device_ambiguous",
            f"wanted one disk with that {what}, found"
            f" {' and '.join(describe_disk(disk) for disk in disks)}",
            hint="names and serial numbers of attached EBS volumes are unique: something imitates"
            " one of them",
        )
    return disks[0] if disks else None
