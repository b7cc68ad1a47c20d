"""A block device looked into by hand: sealed, mounted out of sight, and left as it was found."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ladybug_agent.clock import Deadline
from ladybug_agent.config.data import DataConfig
from ladybug_agent.errors import ConfigError, NotYet, Refused
from ladybug_agent.model.storage import BlockDevice
from ladybug_agent.ports.storage import BlockDevices, KernelLog, Mounts, PinnedDevice
from ladybug_agent.resources.candidates import describe_disk
from ladybug_agent.resources.device import await_readable, judge_filesystem
from ladybug_agent.resources.mount import mount_options
from ladybug_agent.resources.mount_failure import mount_errors

UNMOUNT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceWorld:
    """The part of the world that a block device is looked at with."""

    block_devices: BlockDevices
    mounts: Mounts
    kernel_log: KernelLog


@dataclass(frozen=True, slots=True, kw_only=True)
class LookInside:
    """A mounted filesystem, and what is known of the device below it."""

    root: Path
    facts: dict[str, object]


@contextmanager
def look_inside(
    world: DeviceWorld, node: Path, rules: DataConfig, deadline: Deadline
) -> Iterator[LookInside]:
    """Mount the device where only root looks, or use the mount it has; unmount it at the end.

    Never replays a journal: a filesystem that was in use at the snapshot is refused. The device
    is sealed meanwhile, unless it is mounted already.
    """
    disk = _disk_at(world.block_devices, node)
    with world.block_devices.pin(disk) as pinned:
        probe = await_readable(pinned, world.kernel_log, rules.read_timeout_s, deadline)
        filesystem = probe.filesystem or ""
        facts: dict[str, object] = {
            "node": disk.node,
            "serial": disk.serial,
            "device_name": disk.device_name or None,
            "size_bytes": disk.size_bytes,
            "filesystem": probe.filesystem,
            "filesystem_uuid": probe.uuid,
        }
        # Either will do by hand; what is neither is judged as the boot would.
        judge_filesystem(probe, describe_disk(disk), _accepting(filesystem, rules))
        if present := _mounted_at(world.mounts, disk):
            yield LookInside(root=present, facts=facts)
            return
        with _mounted(world, pinned, filesystem, deadline) as root:
            yield LookInside(root=root, facts=facts)


def _accepting(filesystem: str, rules: DataConfig) -> DataConfig:
    if filesystem == "ext4":
        return replace(rules, filesystem="ext4")
    return replace(rules, filesystem="xfs") if filesystem == "xfs" else rules


def _disk_at(devices: BlockDevices, node: Path) -> BlockDevice:
    wanted = str(node.resolve())
    disks = devices.disks()
    for disk in disks:
        if disk.node == wanted:
            return disk
    raise ConfigError(
        "verify_device_unknown",
        f"wanted a whole disk at {node}, found {', '.join(d.node for d in disks) or 'none'}",
        hint="give a disk as `lsblk --nodeps` lists it; for a directory leave --device out",
    )


def _mounted_at(mounts: Mounts, disk: BlockDevice) -> Path | None:
    return next(
        (
            entry.target
            for entry in mounts.entries()
            if entry.device_number == disk.device_number and entry.root == "/"
        ),
        None,
    )


def _mount(
    mounts: Mounts, pinned: PinnedDevice, root: Path, filesystem: str, deadline: Deadline
) -> None:
    options = mount_options(filesystem)
    try:
        mounts.mount(pinned.disk.node, root, filesystem, options, deadline)
    except NotYet as error:
        raise Refused(
            "filesystem_dirty",
            f"the filesystem on {describe_disk(pinned.disk)} was in use when the snapshot was"
            " taken, and only a write could show what is on it",
            hint="`verify` never writes; the boot replays the journal of its private copy",
        ) from error


@contextmanager
def _mounted(
    world: DeviceWorld, pinned: PinnedDevice, filesystem: str, deadline: Deadline
) -> Iterator[Path]:
    mounts = world.mounts
    was_sealed = pinned.is_sealed()
    root = Path(tempfile.mkdtemp(prefix="ladybug-verify-"))
    pinned.set_sealed(sealed=True)
    try:
        with mount_errors(world.kernel_log, pinned.disk.node, pinned.disk.node, str(root)):
            _mount(mounts, pinned, root, filesystem, deadline)
        yield root
    finally:
        # Also when it was interrupted. What cannot be unmounted stays sealed, and is not removed.
        if mounts.at(root) is not None:
            mounts.unmount(root, Deadline.after(UNMOUNT_S, deadline.clock))
        root.rmdir()
        if not was_sealed and _mounted_at(mounts, pinned.disk) is None:
            pinned.set_sealed(sealed=False)
