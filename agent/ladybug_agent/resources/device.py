"""The data device: the disk whose own serial number is the data volume's."""

from __future__ import annotations

from dataclasses import dataclass

from ladybug_agent.clock import Deadline
from ladybug_agent.config import DataConfig
from ladybug_agent.errors import NotYet, Refused
from ladybug_agent.resources.volume import Volume
from ladybug_agent.storage_model import BlockDevice, FilesystemProbe
from ladybug_agent.storage_ports import BlockDevices
from ladybug_agent.waiting import STEADY, wait_until


@dataclass(frozen=True, slots=True, kw_only=True)
class DataDevice:
    """Evidence: this disk is the volume by its own serial, and holds the expected filesystem."""

    volume: Volume
    disk: BlockDevice
    filesystem: str
    filesystem_uuid: str


def await_device(
    devices: BlockDevices, volume: Volume, rules: DataConfig, deadline: Deadline
) -> DataDevice:
    """Block until the kernel shows the disk with the volume's serial and its superblock reads.

    Wakes on events of udev and the kernel, and looks again at least every 2 s because an event
    can be lost at boot. Raises Refused for a blank, partitioned or foreign disk.
    """
    with devices.watch() as watch:  # before the first look: an event in between would be lost

        def look() -> DataDevice:
            if found := inspect_device(devices, volume, rules, deadline):
                return found
            raise NotYet(
                "device_not_visible",
                f"{volume.volume_id} is attached, but no disk has the serial {volume.serial}",
                hint="look for `nvme` in `dmesg`: a controller that failed to come up needs the"
                " instance replaced",
            )

        what = f"the disk of {volume.volume_id}"
        pause = lambda seconds: watch.wait(min(seconds, 1.0))  # noqa: E731 - to see a cancellation
        return wait_until(look, what, deadline=deadline, pace=STEADY, sleep=pause)


def inspect_device(
    devices: BlockDevices, volume: Volume, rules: DataConfig, deadline: Deadline
) -> DataDevice | None:
    """Return the device, or None if no disk has the volume's serial."""
    found = [disk for disk in devices.disks() if disk.serial == volume.serial]
    if not found:
        return None
    if len(found) > 1:
        raise Refused(
            "device_ambiguous",
            f"wanted one disk with the serial {volume.serial}, found"
            f" {', '.join(disk.node for disk in found)}",
            hint="serials of EBS volumes are unique: something imitates one of them",
        )
    disk = found[0]
    probe = devices.probe(disk.node, deadline)
    return DataDevice(
        volume=volume,
        disk=disk,
        filesystem=_judge_filesystem(probe, disk, volume, rules),
        filesystem_uuid=probe.uuid or "",
    )


def _judge_filesystem(
    probe: FilesystemProbe, disk: BlockDevice, volume: Volume, rules: DataConfig
) -> str:
    where = f"{volume.volume_id} ({disk.node})"
    if probe.filesystem == rules.filesystem:
        return probe.filesystem
    if probe.filesystem:
        raise Refused(
            "filesystem_unexpected",
            f"wanted {rules.filesystem} on {where}, found {probe.filesystem}",
            hint="is it the right snapshot? otherwise set `data.filesystem`",
        )
    if probe.partition_table:
        raise Refused(
            "filesystem_partitioned",
            f"wanted {rules.filesystem} on {where}, found a {probe.partition_table} partition"
            " table",
            hint="the snapshot must be of the master's data volume, which has no partitions",
        )
    raise Refused(
        "filesystem_missing",
        f"wanted {rules.filesystem} on {where}, found a blank device",
        hint="was the SnapshotId dropped from the launch template's block device mapping?",
    )
