"""The mounted volume as `hydrate` finds it: by the mount table and the disk, without AWS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ladybug_agent.config import Config
from ladybug_agent.errors import AgentError, Refused
from ladybug_agent.model.storage import AttachedVolume, BlockDevice
from ladybug_agent.ports import World
from ladybug_agent.ports.storage import PinnedDevice
from ladybug_agent.resources.candidates import volume_id_of
from ladybug_agent.resources.hydration.source import HydrationSource


@dataclass(frozen=True, slots=True, kw_only=True)
class MountedVolume:
    """What is mounted at the data mount point, and what EC2 says of it."""

    source: HydrationSource
    attached: AttachedVolume | None
    """None where EC2 could not be asked."""


@contextmanager
def mounted_volume(world: World, config: Config) -> Iterator[MountedVolume]:
    """Hold the disk that is mounted at `data.mount_point`; blocks for one call to EC2.

    Raises Refused if nothing is mounted there, or if it is mounted writable.
    """
    disk = _disk(world, config)
    with world.block_devices.pin(disk) as pinned:
        attached = _ask_ec2(world, volume_id_of(disk))
        yield MountedVolume(source=_source(config, pinned, attached), attached=attached)


def _disk(world: World, config: Config) -> BlockDevice:
    path = Path(config.data.mount_point)
    entry = world.mounts.at(path)
    if entry is None or "ro" not in entry.options:
        found = f"{entry.source} mounted writable" if entry else "nothing mounted there"
        raise Refused(
            "hydration_without_mount",
            f"wanted the data volume, mounted read-only at {path}, found {found}",
            hint="run the boot first: `ladybug-agent bootstrap`",
        )
    for disk in world.block_devices.disks():
        if disk.device_number == entry.device_number:
            return disk
    raise Refused(
        "hydration_without_mount",
        f"wanted a whole disk mounted at {path}, found {entry.source} ({entry.device_number})",
        hint="was the volume detached? look in `dmesg`, then replace the instance",
    )


def _source(
    config: Config, pinned: PinnedDevice, attached: AttachedVolume | None
) -> HydrationSource:
    return HydrationSource(
        pinned=pinned,
        volume_id=volume_id_of(pinned.disk) or f"disk-{pinned.disk.disk_sequence}",
        snapshot_id=attached.snapshot_id if attached else "",
        root=Path(config.data.mount_point),
        databases_dir=config.data.databases_dir,
        names=config.data.databases,
    )


def _ask_ec2(world: World, volume_id: str) -> AttachedVolume | None:
    """Return what EC2 says of the volume; None if it cannot be asked: no reason not to read."""
    try:
        instance = world.metadata.identity()
        volumes = world.ec2.attached_volumes(instance.instance_id)
    except AgentError:
        return None
    return next((volume for volume in volumes if volume.volume_id == volume_id), None)
