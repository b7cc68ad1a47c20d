"""Is the right disk mounted read-only, does it answer, are the databases whole?"""

from __future__ import annotations

from pathlib import Path

from ladybug_agent.diagnose import sights
from ladybug_agent.diagnose.check import EMPTY, UNCONFIGURED, Check, Found, not_asked
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.errors import ExternalFailure, Refused
from ladybug_agent.health.look_mount import refuse_another_mount
from ladybug_agent.model.storage import MountEntry
from ladybug_agent.ports.diagnosis import AskDatabases, DatabaseSeen
from ladybug_agent.resources.mount_point import refuse_unless_ours

READ_S, VERIFY_S = 2.0, 6.0
"""With the 5 s that a killed process has, below what one look may take."""


def _mount(scene: Scene) -> Found:
    if scene.config.data.mode == "empty":
        return EMPTY
    if sights.is_unconfigured(scene):
        return UNCONFIGURED
    entry = _entry(scene)
    if not scene.world.disks.is_sealed(entry.device_number):
        raise Refused(
            "device_not_sealed",
            f"wanted {entry.source} to refuse all writes, the kernel allows them",
            hint="who unsealed it (`blockdev --setrw`)? nothing but the agent may use the volume",
        )
    is_read = scene.world.machine.is_root()
    if is_read:
        scene.world.contents.read_block(entry.source, scene.deadline.capped(READ_S))
    return Found(
        message=f"{entry.source} is mounted read-only at {entry.target}, and sealed",
        evidence={"filesystem": entry.filesystem, "first_block": "read" if is_read else "not root"},
    )


def _entry(scene: Scene) -> MountEntry:
    """Return the mount if it is what the boot verified; without a boot, if it is as it makes it."""
    known, mounts = sights.served(scene), scene.world.mounts
    volume = known.volume if known else None
    path = Path(volume.mount_point if volume else scene.config.data.mount_point)
    if volume is not None:
        refuse_another_mount(mounts, volume)
    entry = mounts.at(path)
    if entry is None:
        raise Refused(
            "mount_missing",
            f"wanted the data volume at {path}, nothing is mounted there",
            hint="`ladybug-agent bootstrap` mounts it",
        )
    refuse_unless_ours(mounts, entry, entry.source, entry.device_number)
    return entry


def _databases(scene: Scene) -> Found:
    names = sights.databases(scene)
    if not names:
        return not_asked("no database is expected")
    known, data = sights.served(scene), scene.config.data
    place = known.data_source if known else str(Path(data.mount_point) / data.databases_dir)
    config_file = scene.config_file if scene.config_error is None else "/nonexistent"
    ask = AskDatabases(directory=place, names=names, config_file=config_file)
    seen = scene.world.contents.databases(ask, scene.deadline.capped(VERIFY_S))
    bad = [one for one in seen if one.code]
    if bad and bad[0].code == "snapshot_unreadable" and not scene.world.machine.is_root():
        return not_asked(bad[0].message)
    if bad:
        raise _as_error(bad[0])
    size = sum(one.size_bytes for one in seen)
    return Found(message=f"{len(seen)} database(s) are whole", evidence={"size_bytes": size})


def _as_error(seen: DatabaseSeen) -> ExternalFailure:
    found = ExternalFailure("databases_not_verified", seen.message, hint=seen.hint)
    found.code = seen.code  # as `verify` found it
    return found


CHECKS = (
    Check(
        id="filesystem.mount",
        asks="is the right disk mounted read-only and sealed, and does it answer?",
        look=_mount,
        follows=(
            "volume.attachment",
            "volume.status",
            "volume.device",
            "volume.kernel_log",
            "lifecycle.departure",
            "boot.outcome",
        ),
    ),
    Check(
        id="filesystem.databases",
        asks="are the databases whole by their own headers?",
        look=_databases,
        needs=("filesystem.mount",),
        follows=("volume.status", "volume.kernel_log"),
        is_quick=False,
    ),
)
