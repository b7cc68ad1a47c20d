"""The data mount: the data device, sealed against writes, mounted read-only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure, NotYet, Refused
from ladybug_agent.resources.device import DataDevice
from ladybug_agent.storage_model import MountEntry
from ladybug_agent.storage_ports import BlockDevices, Mounts

# nouuid: two snapshots of one volume have the same filesystem UUID (xfs(5)).
# norecovery and noload are never used: they show a filesystem with files missing.
OPTIONS = ("ro", "noatime", "nodev", "nosuid", "noexec")
XFS_OPTIONS = ("nouuid",)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataMount:
    """Evidence: the device is mounted read-only at `path`, and the kernel refuses to write it."""

    device: DataDevice
    path: Path
    mount_id: int

    @property
    def generation(self) -> str:
        """Which mount of which disk this is: a container bound to another one serves stale data."""
        disk = self.device.disk
        return f"{disk.serial}/{disk.disk_sequence}/{self.mount_id}"


def inspect_mount(
    mounts: Mounts, devices: BlockDevices, device: DataDevice, path: Path
) -> DataMount | None:
    """Return the mount, or None if nothing is mounted at `path` or the device is not sealed.

    Raises Refused if something else is mounted there, or if the mount is writable. Compares
    device numbers, because the same disk has many names.
    """
    entry = mounts.at(path)
    if entry is None:
        return None
    _refuse_unless_ours(entry, device)
    if not devices.is_sealed(device.disk.node):
        return None
    return DataMount(device=device, path=path, mount_id=entry.mount_id)


def ensure_mounted(
    mounts: Mounts, devices: BlockDevices, device: DataDevice, path: Path, deadline: Deadline
) -> DataMount:
    """Seal the device and mount it at `path`, unless both are done. Blocks for the mount.

    The device is sealed first, so that a clean filesystem is mounted without one write. Only a
    journal that must be replayed opens it: once, on this private clone of the snapshot, before it
    is sealed for good.
    """
    if found := inspect_mount(mounts, devices, device, path):
        return found
    devices.set_sealed(device.disk.node, sealed=True)
    if mounts.at(path) is None:
        _prepare_mount_point(path)
        _mount_sealed(mounts, devices, device, path, deadline)
    if mounted := inspect_mount(mounts, devices, device, path):
        return mounted
    raise ExternalFailure(
        "mount_not_visible",
        f"mounted {device.disk.node} at {path}, but the mount table or the seal does not show it",
        hint="does a systemd mount unit for that path unmount it again? `systemctl list-units`",
    )


def _mount_sealed(
    mounts: Mounts, devices: BlockDevices, device: DataDevice, path: Path, deadline: Deadline
) -> None:
    try:
        _mount(mounts, device, path, deadline)
    except NotYet:  # mount_needs_journal_replay
        devices.set_sealed(device.disk.node, sealed=False)
        try:
            _mount(mounts, device, path, deadline)
            mounts.unmount(path, deadline)
        finally:
            devices.set_sealed(device.disk.node, sealed=True)
        _mount(mounts, device, path, deadline)


def _mount(mounts: Mounts, device: DataDevice, path: Path, deadline: Deadline) -> None:
    options = OPTIONS + (XFS_OPTIONS if device.filesystem == "xfs" else ())
    try:
        mounts.mount(device.disk.node, path, device.filesystem, options, deadline)
    except ExternalFailure as error:
        if error.code != "command_failed":
            raise
        raise ExternalFailure(
            "mount_failed",
            f"cannot mount {device.volume.volume_id} ({device.disk.node}) at {path}",
            hint=f"the kernel's reason is in `dmesg | grep {Path(device.disk.node).name}`; never"
            " repair the clone: take a new snapshot",
        ) from error


def _prepare_mount_point(path: Path) -> None:
    """Make the directory on the root disk; refuse one that could hide or redirect something."""
    problem = ""
    if path.is_symlink() or any(parent.is_symlink() for parent in path.parents):
        problem = "a symbolic link in the path"
    elif path.exists() and not path.is_dir():
        problem = "something that is not a directory"
    elif path.is_dir() and any(path.iterdir()):
        problem = "a directory that is not empty"
    if problem:
        raise Refused(
            "mount_point_unusable",
            f"wanted an empty directory to mount at {path}, found {problem}",
            hint="move it away, or set `data.mount_point`",
        )
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExternalFailure(
            "mount_point_not_made",
            f"cannot make the directory {path} to mount at",
            hint="is the root disk full or read-only? `df /`, `findmnt /`",
        ) from error


def _refuse_unless_ours(entry: MountEntry, device: DataDevice) -> None:
    if entry.device_number != device.disk.device_number:
        raise Refused(
            "mount_point_busy",
            f"wanted {device.disk.node} at {entry.target}, found {entry.source} mounted there",
            hint=f"unmount it if it is not needed: `umount {entry.target}`",
        )
    if "ro" not in entry.options:
        raise Refused(
            "mount_writable",
            f"wanted {entry.target} read-only, found it writable",
            hint=f"find out who mounted it, then `umount {entry.target}` and run the boot again",
        )
