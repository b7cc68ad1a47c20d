"""The data mount: the data device, sealed against writes, mounted read-only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import structlog

from ladybug_agent.clock import Deadline
from ladybug_agent.config.data import DataConfig
from ladybug_agent.errors import ExternalFailure, NotYet, Refused
from ladybug_agent.ports import World
from ladybug_agent.ports.storage import Mounts
from ladybug_agent.resources.device import DataDevice
from ladybug_agent.resources.mount_failure import NEW_SNAPSHOT, mount_errors
from ladybug_agent.resources.mount_point import ensure_mount_point, refuse_fstab, refuse_unless_ours
from ladybug_agent.resources.volume import refuse_write

log = structlog.get_logger(__name__)

# nouuid: two snapshots of one volume have the same filesystem UUID (xfs(5)).
# norecovery and noload are never used: they show a filesystem with files missing.
OPTIONS = ("noatime", "nodev", "nosuid", "noexec")
XFS_OPTIONS = ("nouuid",)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataMount:
    """Evidence: the device is mounted read-only at `path`, sealed, and writable nowhere."""

    device: DataDevice
    path: Path
    mount_id: int
    journal_replayed: bool
    """This run let the kernel finish the journal."""

    @property
    def generation(self) -> str:
        """Which mount of which disk this is: a container bound to another one serves stale data."""
        disk = self.device.volume.disk
        return f"{self.device.volume.volume_id}/{disk.disk_sequence}/{self.mount_id}"


def inspect_mount(
    mounts: Mounts, device: DataDevice, path: Path, *, journal_replayed: bool = False
) -> DataMount | None:
    """Return the mount, or None if nothing is mounted at `path` or the device is not sealed.

    Raises Refused if something else is mounted there, or if the mount is writable. Compares
    device numbers, because the same disk has many names.
    """
    entry = mounts.at(path)
    if entry is None:
        return None
    disk = device.pinned.disk
    refuse_unless_ours(mounts, entry, disk.node, disk.device_number)
    if not device.pinned.is_sealed():
        return None
    return DataMount(
        device=device, path=path, mount_id=entry.mount_id, journal_replayed=journal_replayed
    )


def ensure_mounted(
    world: World, device: DataDevice, rules: DataConfig, deadline: Deadline
) -> DataMount:
    """Seal the device and mount it at `data.mount_point`, unless both are done.

    A clean filesystem is mounted without one write. Only a journal that must be replayed opens
    the device: once, in a mount that nobody else sees, on this private copy of the snapshot; then
    it is sealed for good. Blocks for the mounts, at most to the deadline.
    """
    path = Path(rules.mount_point)
    refuse_fstab(world.mounts, path)
    if found := inspect_mount(world.mounts, device, path):
        return found
    replayed = False
    if world.mounts.at(path) is None:
        ensure_mount_point(path)
        replayed = _mount_sealed(world, device, rules, deadline)
    else:
        device.pinned.set_sealed(sealed=True)
    if mounted := inspect_mount(world.mounts, device, path, journal_replayed=replayed):
        return mounted
    raise ExternalFailure(
        "mount_not_visible",
        f"mounted {device.where} at {path}, but the mount table or the seal does not show it",
        hint="does a systemd mount unit for that path unmount it again? `systemctl list-units`",
    )


def _mount_sealed(world: World, device: DataDevice, rules: DataConfig, deadline: Deadline) -> bool:
    """Mount the sealed device; return whether its journal had to be replayed for that."""
    device.pinned.set_sealed(sealed=True)
    with mount_errors(world.kernel_log, device.pinned.disk.node, device.where, rules.mount_point):
        known_dirty = device.pinned.journal(device.filesystem, deadline) == "dirty"
    if not known_dirty and _mount_if_clean(world, device, rules, deadline):
        return False
    _replay_journal(world, device, rules, deadline)
    try:
        _mount(world, device, rules, deadline)
    except NotYet as error:
        raise ExternalFailure(
            "filesystem_still_dirty",
            f"the journal of {device.where} was replayed, and is dirty again",
            hint=f"does another machine write to the volume? {NEW_SNAPSHOT}",
        ) from error
    return True


def _mount_if_clean(
    world: World, device: DataDevice, rules: DataConfig, deadline: Deadline
) -> bool:
    try:
        _mount(world, device, rules, deadline)
    except NotYet:  # no tool could tell, and now the kernel says so: the journal is dirty
        return False
    return True


def _replay_journal(
    world: World, device: DataDevice, rules: DataConfig, deadline: Deadline
) -> None:
    """Let the kernel finish the journal, once, and seal the device again whatever happens."""
    if rules.on_dirty_journal == "refuse":
        raise Refused(
            "filesystem_dirty",
            f"the snapshot of {device.where} was taken while its filesystem was in use",
            hint="unmount it for the snapshot (a frozen XFS has a dirty journal too), or set"
            ' `data.on_dirty_journal = "replay"`',
        )
    refuse_write(device.volume)
    log.info("journal_replayed_once", volume_id=device.volume.volume_id)
    node, path = device.pinned.disk.node, Path(rules.mount_point)
    with (
        device.pinned.opened_for_writing(),
        mount_errors(world.kernel_log, node, device.where, rules.mount_point),
    ):
        world.mounts.replay_journal(
            node, path, device.filesystem, mount_options(device.filesystem), deadline
        )


def _mount(world: World, device: DataDevice, rules: DataConfig, deadline: Deadline) -> None:
    node, path = device.pinned.disk.node, Path(rules.mount_point)
    device.pinned.check()
    with mount_errors(world.kernel_log, node, device.where, rules.mount_point):
        world.mounts.mount(
            node, path, device.filesystem, mount_options(device.filesystem), deadline
        )


def mount_options(filesystem: str, *, writable: bool = False) -> tuple[str, ...]:
    """Return the options of every mount that the agent makes.

    >>> mount_options("xfs")
    ('ro', 'noatime', 'nodev', 'nosuid', 'noexec', 'nouuid')
    """
    access = "rw" if writable else "ro"
    return (access, *OPTIONS, *(XFS_OPTIONS if filesystem == "xfs" else ()))
