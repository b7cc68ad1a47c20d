"""What may lie at the mount point, or over it: the agent's own mount, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from integration.volume_cases.case import Arrange, Case
from integration.volume_cases.disks import add_loop
from integration.volume_cases.scene import Scene
from ladybug_agent.clock import Deadline
from ladybug_agent.model.storage import MountEntry
from ladybug_agent.ports.storage import Mounts
from ladybug_lab.shell import run
from support.volumes import make_journal_dirty

OPTIONS = "ro,noatime,nodev,nosuid,noexec,nouuid"
TIMEOUT_S = 10.0


def _at_mount_point(make: Callable[[Path], object]) -> Arrange:
    return lambda scene: make(scene.mount_point)


def _with_contents(path: Path) -> None:
    path.mkdir()
    (path / "precious").touch()


def _link(path: Path) -> None:
    (path.parent / "target").mkdir()
    path.symlink_to("target")


def _link_above(scene: Scene) -> None:
    scene.mount_point = scene.directory / "parent" / "data"
    (scene.directory / "target").mkdir()
    scene.mount_point.parent.symlink_to("target")


def _file_above(scene: Scene) -> None:
    scene.mount_point = scene.directory / "parent" / "data"
    scene.mount_point.parent.touch()


def _in_fstab(scene: Scene) -> None:
    scene.fstab = scene.directory / "fstab"
    line = f"/dev/nvme1n1 {scene.mount_point} xfs defaults,nofail 0 2"
    scene.fstab.write_text(f"# <device> <where>\n{line}\n", encoding="utf-8")


def _mounted_already(scene: Scene) -> None:
    """An earlier run mounted the volume."""
    _seal(scene)
    _mount(scene, scene.mount_point)


def _mounted_without_journal(scene: Scene) -> None:
    """Somebody mounted it as it was before its journal: with files missing."""
    _seal(scene)
    _mount(scene, scene.mount_point, f"{OPTIONS},norecovery")


def _mounted_carelessly(scene: Scene) -> None:
    _seal(scene)
    _mount(scene, scene.mount_point, "ro,nouuid")


def _mounted_and_not_sealed(scene: Scene) -> None:
    """Somebody mounted it read-only, and left the device open for writing."""
    _mounted_already(scene)
    run(["blockdev", "--setrw", str(scene.loop.node)], timeout_s=TIMEOUT_S)


def _mounted_writable(scene: Scene) -> None:
    """The mount is writable; for the image's sake the filesystem is not."""
    _mounted_already(scene)
    run(["mount", "-o", "remount,bind,rw", str(scene.mount_point)], timeout_s=TIMEOUT_S)


def _other_volume(scene: Scene) -> None:
    scene.mount_point.mkdir()
    other = add_loop(scene, scene.originals.ext4)
    argv = ["mount", "-o", "ro,noload", str(other.node), str(scene.mount_point)]
    run(argv, timeout_s=TIMEOUT_S)
    scene.cleanup.callback(_unmount, scene.mount_point)


def _tmpfs(path: Path) -> None:
    path.mkdir(exist_ok=True)
    run(["mount", "-t", "tmpfs", "tmpfs", str(path)], timeout_s=TIMEOUT_S)


def _covered(scene: Scene) -> None:
    """Something else was mounted over the volume."""
    _mounted_already(scene)
    _tmpfs(scene.mount_point)


def _hidden(scene: Scene) -> None:
    """Something else was mounted over the directory above the volume."""
    scene.mount_point = scene.directory / "parent" / "data"
    scene.mount_point.parent.mkdir()
    _mounted_already(scene)
    _tmpfs(scene.mount_point.parent)
    scene.cleanup.callback(_unmount, scene.mount_point.parent)


def _part_of_it(scene: Scene) -> None:
    """Only the directory of databases is bound there."""
    _seal(scene)
    whole = scene.directory / "whole"
    _mount(scene, whole)
    scene.mount_point.mkdir()
    argv = ["mount", "--bind", str(whole / "databases"), str(scene.mount_point)]
    run(argv, timeout_s=TIMEOUT_S)
    _unmount(whole)


def _unmounted_at_once(scene: Scene) -> None:
    scene.wrap_mounts = Unmounting


class Unmounting:
    """Mounts that do not stay: systemd ends one whose unit is bound to an absent device."""

    def __init__(self, real: Mounts) -> None:
        self._real = real

    def entries(self) -> tuple[MountEntry, ...]:
        return self._real.entries()

    def at(self, target: Path) -> MountEntry | None:
        return self._real.at(target)

    def device_number_at(self, path: Path) -> str | None:
        return self._real.device_number_at(path)

    def fstab_line(self, target: Path) -> str | None:
        return self._real.fstab_line(target)

    def mount(
        self, node: str, target: Path, filesystem: str, options: tuple[str, ...], deadline: Deadline
    ) -> None:
        self._real.mount(node, target, filesystem, options, deadline)
        self._real.unmount(target, deadline)

    def replay_journal(
        self, node: str, target: Path, filesystem: str, options: tuple[str, ...], deadline: Deadline
    ) -> None:
        self._real.replay_journal(node, target, filesystem, options, deadline)

    def unmount(self, target: Path, deadline: Deadline) -> None:
        self._real.unmount(target, deadline)


def _seal(scene: Scene) -> None:
    run(["blockdev", "--setro", str(scene.loop.node)], timeout_s=TIMEOUT_S)


def _mount(scene: Scene, target: Path, options: str = OPTIONS) -> None:
    target.mkdir()
    run(["mount", "-o", options, str(scene.loop.node), str(target)], timeout_s=TIMEOUT_S)


def _unmount(target: Path) -> None:
    run(["umount", str(target)], timeout_s=TIMEOUT_S)


CASES = (
    Case(name="was mounted by an earlier run", arrange=_mounted_already, says=("{mount_point}",)),
    Case(
        name="was mounted there without its journal",
        change=make_journal_dirty,
        arrange=_mounted_without_journal,
        code="mount_options_differ",
        says=("{mount_point}", "norecovery", "umount"),
    ),
    Case(
        name="was mounted there without restrictions",
        arrange=_mounted_carelessly,
        code="mount_options_differ",
        says=("{mount_point}", "without nodev"),
    ),
    Case(
        name="was mounted read-only but not sealed",
        arrange=_mounted_and_not_sealed,
        says=("{mount_point}",),
    ),
    Case(
        name="has a mount point with contents",
        arrange=_at_mount_point(_with_contents),
        code="mount_point_unusable",
        says=("{mount_point}", "not empty"),
    ),
    Case(
        name="has a mount point that is a symbolic link",
        arrange=_at_mount_point(_link),
        code="mount_point_unusable",
        says=("{mount_point}", "symbolic link"),
    ),
    Case(
        name="has a mount point below a symbolic link",
        arrange=_link_above,
        code="mount_point_unusable",
        says=("{mount_point}", "symbolic link"),
    ),
    Case(
        name="has a mount point that is a file",
        arrange=_at_mount_point(Path.touch),
        code="mount_point_unusable",
        says=("{mount_point}", "not a directory"),
    ),
    Case(
        name="has a mount point below a file",
        arrange=_file_above,
        code="mount_point_not_made",
        says=("{mount_point}",),
    ),
    Case(
        name="has a mount point in fstab",
        arrange=_in_fstab,
        code="mount_point_in_fstab",
        says=("{mount_point}", "/dev/nvme1n1 {mount_point} xfs defaults,nofail 0 2"),
    ),
    Case(
        name="finds another volume at its mount point",
        arrange=_other_volume,
        code="mount_point_busy",
        says=("{node}", "{mount_point}", "umount {mount_point}"),
    ),
    Case(
        name="finds a tmpfs at its mount point",
        arrange=_at_mount_point(_tmpfs),
        code="mount_point_busy",
        says=("{node}", "{mount_point}", "tmpfs"),
    ),
    Case(
        name="is covered by a tmpfs at its mount point",
        arrange=_covered,
        code="mount_point_busy",
        says=("{mount_point}", "tmpfs"),
    ),
    Case(
        name="is hidden by a mount above its mount point",
        arrange=_hidden,
        code="mount_hidden",
        says=("{node}", "{mount_point}", "findmnt"),
    ),
    Case(
        name="is mounted there in part",
        arrange=_part_of_it,
        code="mount_point_busy",
        says=("{node}", "{mount_point}", "/databases"),
    ),
    Case(
        name="is mounted there writable",
        arrange=_mounted_writable,
        code="mount_writable",
        says=("{mount_point}", "umount {mount_point}"),
    ),
    Case(
        name="is unmounted by somebody at once",
        arrange=_unmounted_at_once,
        code="mount_not_visible",
        says=("{volume_id}", "{mount_point}", "systemctl list-units"),
    ),
)
