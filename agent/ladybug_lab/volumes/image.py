"""Volumes: filesystem images in files, attached as loop devices."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ladybug_lab.errors import LabError
from ladybug_lab.shell import run
from ladybug_lab.volumes.udev import let_udev_look, settle, udevd_answers

_VOLUME_NAME = re.compile(r"vol-[0-9a-f]+")
_TIMEOUT_S = 30.0
_DETACH_TIMEOUT_S = 2.0
_MKFS = {
    "xfs": ["mkfs.xfs", "-q"],
    # Lazy initialisation would go on writing after the mount.
    "ext4": ["mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0"],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopDevice:
    """A loop device and the image behind it."""

    node: Path
    image: Path

    def is_attached(self) -> bool:
        """Tell whether the node still shows our image; its number may be somebody else's by now."""
        backing = Path(f"/sys/block/{self.node.name}/loop/backing_file")
        try:
            shown = backing.read_text(encoding="utf-8").removesuffix("\n")
        except OSError:
            return False
        return shown.removesuffix(" (deleted)") == str(self.image)


def make_image(
    path: Path, *, content: Path, size_bytes: int, filesystem: Literal["xfs", "ext4"] = "xfs"
) -> None:
    """Write a sparse image with a copy of the directory `content`, cleanly unmounted.

    All of it belongs to root and is readable by everyone. XFS needs 300 MiB at least.
    """
    with ExitStack() as cleanup:
        # Not `vol-...` yet, so that udev does not take the half-made image for a volume.
        draft = path.resolve().with_name(f".{path.name}.draft")
        cleanup.callback(draft.unlink, missing_ok=True)
        with draft.open("wb") as file:
            file.truncate(size_bytes)
        run([*_MKFS[filesystem], str(draft)], timeout_s=_TIMEOUT_S)
        with ExitStack() as mounted:
            device = attach(draft)
            mounted.callback(detach, device)
            target = Path(mounted.enter_context(tempfile.TemporaryDirectory(prefix="lab-image-")))
            run(
                ["mount", "--source", str(device.node), "--target", str(target)],
                timeout_s=_TIMEOUT_S,
            )
            mounted.callback(run, ["umount", str(target)], timeout_s=_TIMEOUT_S)
            _copy(content, target)
        draft.replace(path)


def _copy(content: Path, target: Path) -> None:
    try:
        shutil.copytree(content, target, dirs_exist_ok=True)
    except OSError as error:
        raise LabError(
            f"cannot copy {content} into the image", "is the image large enough?"
        ) from error
    for path in [target, *target.rglob("*")]:
        os.chown(path, 0, 0)
        path.chmod(0o755 if path.is_dir() else 0o644)


def attach(image: Path, *, direct_io: bool = False) -> LoopDevice:
    """Attach a writable loop device; an image named `vol-<hex>` also has its serial in udev.

    With `direct_io` the device asks the image for many things at a time, past the page cache.
    """
    image = image.resolve()
    argv = [
        "losetup", "--find", "--show",
        f"--direct-io={'on' if direct_io else 'off'}",
        str(image),
    ]  # fmt: skip
    node = Path(run(argv, timeout_s=_TIMEOUT_S).strip())
    device = LoopDevice(node=node, image=image)
    with ExitStack() as on_failure:
        on_failure.callback(detach, device)
        # `blockdev --setro` of an earlier use of this number outlives its detachment.
        run(["blockdev", "--setrw", str(node)], timeout_s=_TIMEOUT_S)
        if _VOLUME_NAME.fullmatch(image.name):
            _await_serial(device)
        on_failure.pop_all()
    return device


def _await_serial(device: LoopDevice) -> None:
    if not udevd_answers():
        raise LabError("no udev daemon runs", "call ensure_udevd() first")
    let_udev_look(device.node)
    argv = ["udevadm", "info", "--query=property", f"--name={device.node}"]
    found = run(argv, timeout_s=_TIMEOUT_S)
    if f"ID_SERIAL_SHORT={device.image.name.replace('-', '')}" not in found.splitlines():
        raise LabError(
            f"udev knows no serial for {device.node} ({device.image.name})",
            "call ensure_volume_rule() first",
        )


def attached(image: Path) -> list[LoopDevice]:
    """Return the loop devices that show this image; a test may have attached it anew."""
    nodes = sorted(Path("/sys/block").glob("loop*"))
    devices = [LoopDevice(node=Path("/dev") / node.name, image=image.resolve()) for node in nodes]
    return [device for device in devices if device.is_attached()]


def detach(device: LoopDevice) -> None:
    """Detach the device if it still is ours; raise `LabError` if something holds it."""
    if not device.is_attached():
        return
    run(["losetup", "--detach", str(device.node)], timeout_s=_TIMEOUT_S)
    await_detached(device)


def await_detached(device: LoopDevice) -> None:
    """Wait for the end of an ordered detachment; raise `LabError` if something holds the device."""
    # Detaching a device in use succeeds and takes effect when the last user closes it: udev's
    # look at it takes milliseconds, a mount stays.
    give_up = time.monotonic() + _DETACH_TIMEOUT_S
    while device.is_attached():
        if time.monotonic() > give_up:
            raise LabError(
                f"{device.node} is still in use",
                f"unmount it (`findmnt --source {device.node}`); it detaches by itself then",
            )
        time.sleep(0.02)
    settle()  # the links in /dev/disk go with the device
