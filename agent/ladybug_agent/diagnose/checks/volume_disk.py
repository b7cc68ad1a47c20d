"""Is the data volume's disk there, and does the kernel complain of it?"""

from __future__ import annotations

from ladybug_agent.diagnose import boot_sights, sights
from ladybug_agent.diagnose.check import EMPTY, UNCONFIGURED, Check, Found, not_asked
from ladybug_agent.diagnose.checks.volume import data_volume_id
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.errors import AgentError, NotYet
from ladybug_agent.health.look_mount import disk_in_trouble, refuse_another_disk, trouble_with
from ladybug_agent.model.storage import BlockDevice
from ladybug_agent.resources.attachment import bare_device_name
from ladybug_agent.resources.candidates import describe_disk

RECENT_S = 900.0
"""Trouble that is older, and has not stopped the mount, is over."""


def _device(scene: Scene) -> Found:
    if scene.config.data.mode == "empty":
        return EMPTY
    if sights.is_unconfigured(scene):
        return UNCONFIGURED
    known = sights.served(scene)
    if known is not None and known.volume is not None:
        refuse_another_disk(scene.world.disks, known.volume)
        return Found(
            message=f"{known.volume.volume_id} is {known.volume.node}",
            evidence={"device_number": known.volume.device_number, "serial": known.volume.serial},
        )
    disk = _wanted_disk(scene)
    return Found(message=f"the data volume is {describe_disk(disk)}")


def _wanted_disk(scene: Scene) -> BlockDevice:
    """Find it as a boot would: by the volume that the last boot found, by its own name, by EC2."""
    disks = scene.world.disks.disks()
    volume_id = sights.volume_id(scene)
    if not volume_id and not any(disk.device_name for disk in disks):
        volume_id = _told_by_ec2(scene)  # of disks that do not know their names, only EC2 does
    serial, name = volume_id.replace("-", ""), bare_device_name(scene.config.data.device_name)
    for disk in disks:
        if serial and disk.serial == serial:
            return disk
        if not serial and disk.device_name and bare_device_name(disk.device_name) == name:
            return disk
    what = f"{volume_id} (serial {serial})" if serial else scene.config.data.device_name
    raise NotYet(
        "device_not_visible",
        f"wanted the disk of {what}, the disks are:"
        f" {', '.join(describe_disk(disk) for disk in disks) or 'none'}",
        hint="is the volume attached? then look for `nvme` in `dmesg`: a controller that failed to"
        " come up needs the instance replaced",
    )


def _told_by_ec2(scene: Scene) -> str:
    if scene.is_quick:
        return ""
    try:
        return data_volume_id(scene)
    except AgentError:  # `volume.attachment` tells of that
        return ""


def _kernel_log(scene: Scene) -> Found:
    node = sights.data_node(scene)
    lines, unseen = sights.kernel_past(scene)
    if unseen or not node:
        return not_asked(unseen or "there is no volume to look for")
    is_trouble = trouble_with(node)
    bad = [line for line in lines if is_trouble(line.text)]
    since = max(scene.clock.monotonic() - RECENT_S, _boot_began_s(scene))
    recent = [line.text for line in bad if line.at_s >= since]
    where = f"{sights.volume_id(scene)} ({node})".strip()
    if recent:
        raise disk_in_trouble(where, recent)
    if bad:
        told = f"the kernel had trouble with {where} earlier in this boot: {bad[-1].text}"
        return Found(message=told, code="device_io_errors_past", evidence={"lines": len(bad)})
    return Found(message=f"{len(lines)} lines, none about trouble with {node}")


def _boot_began_s(scene: Scene) -> float:
    """Return when the last run of the boot began: the name may have been another disk's before."""
    try:
        began = boot_sights.boot(scene).record.get("started_boottime_s")
    except AgentError:  # `boot.outcome` tells of that
        return 0.0
    return float(began) if isinstance(began, int | float) else 0.0


CHECKS = (
    Check(
        id="volume.device",
        asks="does the kernel have the data volume's disk?",
        look=_device,
        follows=("volume.attachment", "volume.status"),
    ),
    Check(
        id="volume.kernel_log",
        asks="has the kernel had trouble with the disk?",
        look=_kernel_log,
        follows=("volume.status", "volume.attachment", "volume.device"),
    ),
)
