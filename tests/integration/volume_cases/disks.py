"""How the disks of a case come to be seen: as loop devices, by udev or by an NVMe controller."""

from __future__ import annotations

import fcntl
import os
import stat
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from integration.volume_cases.scene import Scene, a_volume_id
from ladybug_lab.errors import LabError
from ladybug_lab.instance import unmount_all
from ladybug_lab.shell import run
from ladybug_lab.volumes.faulty_file import FaultyFile, faulty_file
from ladybug_lab.volumes.image import LoopDevice, attach, detach
from ladybug_lab.volumes.nvme_identity import ebs_identify_page
from ladybug_lab.volumes.udev import ensure_udevd, ensure_volume_rule

Arrange = Callable[[Scene], None]

LOOP_CHANGE_FD = 0x4C06
LOOP_SET_CAPACITY = 0x4C07
# Far from the controllers that the machine itself may have.
FIRST_CONTROLLER = 70
LAST_CONTROLLER = 999
SYSFS_ATTRIBUTES = ("dev", "size", "diskseq")
TIMEOUT_S = 10.0
LONGEST_HANG_S = 10.0


def as_loop(scene: Scene) -> None:
    """The serial is known to udev, as of a controller that nobody can ask; EC2 knows the name."""
    ensure_udevd()
    ensure_volume_rule()
    scene.node = str(_add_data(scene, attach(_named(scene))).node)


def as_nvme(scene: Scene) -> None:
    """The disk names itself: its controller says serial and device name."""
    nvme(device_name="xvdf")(scene)


def nvme(*, device_name: str = "xvdf", volume_id: str = "") -> Arrange:
    """Return what attaches the image as a disk that says so of itself."""

    def arrange(scene: Scene) -> None:
        page = ebs_identify_page(volume_id or scene.volume.volume_id, device_name)
        scene.node = show_nvme(scene, attach_data(scene), page)

    return arrange


def read_only_loop(scene: Scene) -> None:
    """As `as_loop`, but so that `swap_disk` can exchange the disk under its name."""
    ensure_udevd()
    ensure_volume_rule()
    argv = ["losetup", "--read-only", "--find", "--show", str(_named(scene))]
    node = Path(run(argv, timeout_s=TIMEOUT_S).strip())
    scene.node = str(_add_data(scene, LoopDevice(node=node, image=scene.image)).node)
    run(["udevadm", "trigger", "--action=change", "--settle", scene.node], timeout_s=TIMEOUT_S)


def faulty(fault: Callable[[FaultyFile, Path], None]) -> Arrange:
    """As `as_loop`, over a disk that fails once it is attached.

    `fault` gets the image too, to see what lies where.
    """

    def arrange(scene: Scene) -> None:
        ensure_udevd()
        ensure_volume_rule()
        view = scene.cleanup.enter_context(faulty_file(_named(scene)))
        scene.node = str(_add_data(scene, attach(view.path)).node)
        run(["udevadm", "settle"], timeout_s=TIMEOUT_S)  # udev's own look is none of the case
        scene.cleanup.callback(lambda: unmount_all(scene.mount_point))
        scene.let_go = partial(_let_go, view)
        fault(view, scene.image)

    return arrange


def hang_for_a_while(view: FaultyFile, start: int, end: int) -> None:
    """Let reads hang; not for ever, lest an agent that hangs with them takes the machine along."""
    view.hang_reads(start, end)
    watchdog = threading.Timer(LONGEST_HANG_S, _release, [view])
    watchdog.daemon = True
    watchdog.start()


def _release(view: FaultyFile) -> None:
    with suppress(LabError):  # it is long gone
        view.release()


def _let_go(view: FaultyFile) -> None:
    """Let hanging reads go on, and wait for the end of the processes that were given up."""
    view.release()
    give_up = time.monotonic() + TIMEOUT_S
    while _hangs() and time.monotonic() < give_up:
        time.sleep(0.02)


def _hangs() -> bool:
    """Tell whether a process that we started is still in the middle of a system call or after."""
    pids = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    states = [Path(f"/proc/{pid}/stat").read_text(encoding="utf-8") for pid in pids]
    return any(state.rpartition(")")[2].split()[0] in "DR" for state in states)


def not_attached(scene: Scene) -> None:
    """No disk is there but the machine's own; messages name none."""
    scene.node = "none"
    _own_sysfs(scene)
    show_machine(scene)


def show_nvme(scene: Scene, loop: LoopDevice, page: bytes | None = None, **attributes: str) -> str:
    """Show a loop device as an NVMe disk, whose controller answers if there is a page."""
    for controller in range(FIRST_CONTROLLER, LAST_CONTROLLER):
        node = Path(f"/dev/nvme{controller}n1")
        with suppress(FileExistsError):
            show_disk(scene, loop, node, **attributes)
            break
    if page is not None:
        scene.pages[str(node)] = page
    return str(node)


def show_disk(scene: Scene, loop: LoopDevice, node: Path, **attributes: str) -> Path:
    """Show a loop device under a node of another name; return its directory in sysfs.

    All that sysfs says is the loop device's, live, but for `attributes`.
    """
    os.mknod(node, stat.S_IFBLK | 0o600, loop.node.stat().st_rdev)
    scene.cleanup.callback(node.unlink, missing_ok=True)
    _own_sysfs(scene)
    shown = scene.sysfs / "block" / node.name
    shown.mkdir()
    for name in SYSFS_ATTRIBUTES:
        if name not in attributes:
            (shown / name).symlink_to(Path("/sys/block") / loop.node.name / name)
    for name, value in attributes.items():
        (shown / name).write_text(value, encoding="ascii")
    return shown


def show_only_own(scene: Scene) -> None:
    """Show the case's own disks, as the kernel does, and no others."""
    if scene.sysfs == Path("/sys"):
        _own_sysfs(scene)
        for loop in scene.loops:
            disk = Path("/sys/block") / loop.node.name
            (scene.sysfs / "block" / disk.name).symlink_to(disk)


def show_machine(scene: Scene) -> None:
    """Show the machine's other disks too, beside those of the case."""
    for disk in Path("/sys/block").iterdir():
        if not disk.name.startswith(("loop", "ram")):
            (scene.sysfs / "block" / disk.name).symlink_to(disk)


def add_loop(scene: Scene, original: Path, *, volume_id: str = "") -> LoopDevice:
    """Attach another disk, with a serial in udev if it is to be a volume."""
    name = volume_id or f"other-{a_volume_id()}"
    loop = attach(scene.add_image(original, f"others/{name}"))
    scene.loops.append(loop)
    scene.cleanup.callback(detach, loop)
    return loop


def swap_disk(scene: Scene) -> None:
    """Put another disk under the name, as a detachment and another attachment do."""
    other = scene.add_image(scene.image, "others/swapped")
    with Path(scene.node).open("rb") as device, other.open("rb") as backing:
        fcntl.ioctl(device, LOOP_CHANGE_FD, backing.fileno())
    _put_in_place(scene, other)


def reattach(scene: Scene) -> None:
    """Detach the disk and attach another under the very same name."""
    other = scene.add_image(scene.image, "others/attached-anew")
    detach(scene.loop)
    run(["losetup", scene.node, str(other)], timeout_s=TIMEOUT_S)
    run(["blockdev", "--setrw", scene.node], timeout_s=TIMEOUT_S)
    _put_in_place(scene, other)


def grow(scene: Scene) -> None:
    """Let the disk become larger, as ModifyVolume does."""
    size_bytes = scene.image.stat().st_size
    scene.cleanup.callback(os.truncate, scene.image, size_bytes)
    os.truncate(scene.image, size_bytes + 2**20)
    with scene.loop.node.open("rb") as device:
        fcntl.ioctl(device, LOOP_SET_CAPACITY, 0)


def vanish(scene: Scene) -> None:
    """Take the node away, as the kernel does when a disk is pulled."""
    Path(scene.node).unlink()


def attach_data(scene: Scene) -> LoopDevice:
    """Attach the image so that nothing on the machine knows which volume it is."""
    return _add_data(scene, attach(scene.image))


def _add_data(scene: Scene, loop: LoopDevice) -> LoopDevice:
    scene.loops.insert(0, loop)
    scene.cleanup.callback(detach, loop)
    return loop


def _own_sysfs(scene: Scene) -> None:
    """Give the case a sysfs of its own, without a disk."""
    if scene.sysfs == Path("/sys"):
        scene.sysfs = scene.directory / "sys"
        (scene.sysfs / "block").mkdir(parents=True)


def _put_in_place(scene: Scene, image: Path) -> None:
    """Note that the first disk's node shows another image now."""
    scene.loops[0] = replace(scene.loop, image=image)
    scene.cleanup.callback(detach, scene.loop)


def _named(scene: Scene) -> Path:
    """Give the image the name by which udev knows the serial."""
    named = scene.image.rename(scene.image.with_name(scene.volume.volume_id))
    scene.images[0] = named
    return named
