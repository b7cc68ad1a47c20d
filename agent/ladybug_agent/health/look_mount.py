"""Is what was mounted still mounted: the right disk, read-only, without errors?"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ladybug_agent.errors import ExternalFailure, Refused
from ladybug_agent.health.findings import Check, check
from ladybug_agent.ports.storage import MountLook
from ladybug_agent.ports.tick import LookAtDisks, LookAtKernelLog, TickWorld
from ladybug_agent.resources.mount_point import refuse_unless_ours
from ladybug_agent.served import Served, ServedVolume

TROUBLE = re.compile(
    r"I/O error|I/O \d+ .*timeout|medium error|Corruption|corrupt|shutting down|Shutting down"
    r"|EXT4-fs error|controller is down|Remounting filesystem|device not ready",
)
QUOTED_CHARS = 200


def look_at_mount(world: TickWorld, served: Served) -> Check:
    """Compare with what the boot verified; reads tables of the kernel, never the disk."""
    volume = served.volume
    if volume is None:
        return Check(name="mount", verdict="skip", text="empty by request: there is no volume")

    def look() -> str:
        refuse_another_disk(world.disks, volume)
        refuse_another_mount(world.mounts, volume)
        return f"{_where(volume)} is mounted read-only at {volume.mount_point}"

    return check("mount", look)


def refuse_another_mount(mounts: MountLook, volume: ServedVolume) -> None:
    """Refuse anything at the mount point but the very mount that was verified."""
    where = _where(volume)
    entry = mounts.at(Path(volume.mount_point))
    if entry is None:
        raise Refused(
            "mount_missing",
            f"{where} is not mounted at {volume.mount_point} any more",
            hint="find out who unmounted it; `ladybug-agent bootstrap` mounts it again",
        )
    refuse_unless_ours(mounts, entry, volume.node, volume.device_number)
    if entry.mount_id != volume.mount_id:
        raise Refused(
            "mount_replaced",
            f"{volume.mount_point} was mounted anew after its contents had been verified",
            hint="find out who did: a cron job, a mount unit; then run the boot again",
        )


def refuse_another_disk(disks: LookAtDisks, volume: ServedVolume) -> None:
    """Refuse a disk that has gone, or that has another's number by now."""
    where = _where(volume)
    if not disks.is_there(volume.device_number):
        raise ExternalFailure(
            "device_gone",
            f"{where} is not there any more",
            hint="was the volume detached? look in `dmesg`, then replace the instance",
        )
    serial = disks.serial(volume.device_number)
    sequence = disks.sequence(volume.device_number)
    is_another = volume.serial and serial and serial != volume.serial
    is_later = volume.disk_sequence and sequence and sequence != volume.disk_sequence
    if is_another or is_later:
        raise Refused(
            "device_replaced",
            f"wanted {where} as device {volume.device_number}, found another disk there"
            f" ({serial or 'no serial number'}, number {sequence} of this boot)",
            hint="the volume was detached and another attached meanwhile: replace the instance",
        )


def _where(volume: ServedVolume) -> str:
    return f"{volume.volume_id} ({volume.node})"


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelSaid:
    """What the kernel has written since the look before; nothing where it cannot be read."""

    lines: tuple[str, ...]
    sequence: int
    problem: str = ""


def read_kernel_log(log: LookAtKernelLog, sequence: int) -> KernelSaid:
    """Read what came after record `sequence`. The first look begins with what comes."""
    try:
        lines, last = log.since(sequence)
    except OSError as error:
        problem = f"the kernel's log cannot be read: {error}"
        return KernelSaid(lines=(), sequence=sequence, problem=problem)
    return KernelSaid(lines=lines, sequence=last)


def look_for_trouble(said: KernelSaid, served: Served) -> Check:
    """Look for errors of the disk in what the kernel said."""
    volume = served.volume
    if said.problem:
        return Check(name="kernel_log", verdict="unknown", text=said.problem)
    if volume is None:
        return Check(name="kernel_log", verdict="skip", text="there is no volume")
    return check("kernel_log", lambda: _no_trouble(said.lines, volume))


def has_killed_in(said: KernelSaid, container_id: str) -> bool:
    """Return whether a process of the container was killed for want of memory.

    The engine tells it of a container that ended, not of a process in one that goes on.
    """
    return any("oom-kill:" in line and container_id in line for line in said.lines)


def trouble_with(node: str) -> Callable[[str], bool]:
    """Return what tells whether a line of the kernel's is about trouble with this disk."""
    name = node.removeprefix("/dev/")
    controller = re.sub(r"n\d+$", "", name) if name.startswith("nvme") else name
    either = f"(?:{re.escape(name)}|{re.escape(controller)})"
    named = re.compile(rf"(?<![\w-]){either}(?![\w-])")  # nvme1n1 is not nvme1n10
    return lambda line: bool(named.search(line) and TROUBLE.search(line))


def disk_in_trouble(where: str, lines: Sequence[str]) -> ExternalFailure:
    """Return the error that quotes the last of these lines."""
    return ExternalFailure(
        "device_io_errors",
        f"the kernel says of {where}: {' / '.join(lines[-3:])[:QUOTED_CHARS]}",
        hint="is the volume impaired? `aws ec2 describe-volume-status`; then replace the instance",
    )


def _no_trouble(lines: tuple[str, ...], volume: ServedVolume) -> str:
    if bad := list(filter(trouble_with(volume.node), lines)):
        raise disk_in_trouble(_where(volume), bad)
    return f"{len(lines)} new lines, none about trouble with {volume.node}"
