"""The place where the volume is mounted: the agent's alone, and reached by its own path."""

from __future__ import annotations

from pathlib import Path

from ladybug_agent.errors import ExternalFailure, Refused
from ladybug_agent.model.storage import MountEntry
from ladybug_agent.ports.storage import MountLook, Mounts

REQUIRED = frozenset({"nodev", "nosuid", "noexec"})
STALE = frozenset({"norecovery", "noload"})
"""They show a filesystem as it was before its journal: with files missing."""


def refuse_fstab(mounts: Mounts, path: Path) -> None:
    """Refuse a mount point that fstab(5), and so systemd, has a line about."""
    if line := mounts.fstab_line(path):
        raise Refused(
            "mount_point_in_fstab",
            f"wanted {path} for the agent alone, found it in /etc/fstab: `{line}`",
            hint="systemd mounts and unmounts by that line, whatever the kernel name means at this"
            " boot: remove it, and `systemctl daemon-reload`",
        )


def ensure_mount_point(path: Path) -> None:
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


def refuse_unless_ours(mounts: MountLook, entry: MountEntry, node: str, device_number: str) -> None:
    """Refuse another device, a part of ours, a writable mount, and one hidden under another."""
    if entry.device_number != device_number:
        raise Refused(
            "mount_point_busy",
            f"wanted {node} at {entry.target}, found {entry.source} mounted there",
            hint=f"unmount it if it is not needed: `umount {entry.target}`",
        )
    if entry.root != "/":
        raise Refused(
            "mount_point_busy",
            f"wanted all of {node} at {entry.target}, found only its {entry.root} mounted there",
            hint=f"find out who made that bind mount, then `umount {entry.target}`",
        )
    again = f"find out who mounted it, then `umount {entry.target}` and run the boot again"
    if "ro" not in entry.options or entry.superblock_writable:
        which = "its filesystem" if "ro" in entry.options else "it"
        raise Refused(
            "mount_writable",
            f"wanted {entry.target} read-only, found {which} writable",
            hint=again,
        )
    differences = [f"with {name}" for name in sorted(STALE & entry.options)]
    differences += [f"without {name}" for name in sorted(REQUIRED - entry.options)]
    if differences:
        raise Refused(
            "mount_options_differ",
            f"wanted {entry.target} mounted as the agent does, found it {', '.join(differences)}",
            hint=again,
        )
    reached = mounts.device_number_at(entry.target)
    if reached != device_number:
        raise Refused(
            "mount_hidden",
            f"{node} is mounted at {entry.target}, but a look there reaches device {reached}",
            hint=f"something is mounted over a parent directory: `findmnt --target {entry.target}`",
        )
