"""A replica without data: only where it is asked for, and only over an empty directory."""

from __future__ import annotations

from integration.volume_cases import told
from integration.volume_cases.case import Case
from integration.volume_cases.disks import as_loop, not_attached
from integration.volume_cases.scene import Scene

EMPTY = {"mode": "empty", "databases": ()}


def _with_contents(scene: Scene) -> None:
    (scene.state / "empty").mkdir(parents=True)
    (scene.state / "empty" / "precious").touch()


def _link(scene: Scene) -> None:
    scene.state.mkdir()
    (scene.state / "empty").symlink_to("/etc")


def _file(scene: Scene) -> None:
    scene.state.mkdir()
    (scene.state / "empty").touch()


CASES = (
    Case(name="is not there and not wanted", attach=not_attached, ec2=told.no_volume, data=EMPTY),
    Case(name="is there and not wanted", attach=as_loop, data=EMPTY),
    Case(
        name="is not wanted, with contents in the empty directory",
        attach=not_attached,
        arrange=_with_contents,
        data=EMPTY,
        code="empty_directory_not_empty",
        says=("{directory}/state/empty", "precious"),
    ),
    Case(
        name="is not wanted, with a link for the empty directory",
        attach=not_attached,
        arrange=_link,
        data=EMPTY,
        code="empty_directory_not_empty",
        says=("{directory}/state/empty", "symbolic link"),
    ),
    Case(
        name="is not wanted, with a file for the empty directory",
        attach=not_attached,
        arrange=_file,
        data=EMPTY,
        code="empty_directory_not_made",
        says=("{directory}/state/empty",),
    ),
)
