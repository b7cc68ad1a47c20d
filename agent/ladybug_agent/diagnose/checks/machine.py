"""Has the machine memory and room on its disks?"""

from __future__ import annotations

from ladybug_agent.diagnose import sights
from ladybug_agent.diagnose.check import Check, Found
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model import DiskSpace

MIB = 2**20
SCARCE, FEW = 0.005, 0.05
"""Shares of a disk: with less nothing can be written any more; with less it will soon be so."""
SCARCE_MEMORY, LITTLE_MEMORY = 0.02, 0.05
RECENT_S = 900.0
KILLED, BY_CONTAINER = "Out of memory: Killed process", "Memory cgroup out of memory"
WRITTEN = ("/", "/var/log", "/var/lib/docker")
"""Where logs and images go, beside the state directory."""
NO_ROOM = "nothing can be written: logs, records, images; delete what nobody needs"


def _memory(scene: Scene) -> Found:
    machine = scene.world.machine
    total, available = machine.memory_total_bytes(), machine.memory_available_bytes()
    share = available / total if total else 1.0
    text = f"{available // MIB} of {total // MIB} MiB are available"
    lines, unseen = sights.kernel_past(scene)
    since = scene.clock.monotonic() - RECENT_S
    kills = [line for line in lines if KILLED in line.text or BY_CONTAINER in line.text]
    recent = [line.text for line in kills if KILLED in line.text and line.at_s >= since]
    evidence = {"available_mib": available // MIB, "kills": unseen or len(kills)}
    hint = "what uses it? the container may have all but a reserve: `container.memory_bytes`"
    if share < SCARCE_MEMORY:
        raise ExternalFailure("memory_short", f"only {text}", hint=hint, **evidence)
    if recent:
        told = f"the kernel ran out of memory: {recent[-1]}"
        raise ExternalFailure("memory_ran_out", told, hint=hint, **evidence)
    if share < LITTLE_MEMORY:
        return Found(message=f"only {text}", code="memory_short", evidence=evidence)
    if kills:
        told = f"a process was killed for want of memory: {kills[-1].text}"
        return Found(message=told, code="memory_ran_out", evidence=evidence)
    return Found(message=text, evidence=evidence)


def _root_disk(scene: Scene) -> Found:
    """Look where state, logs and images lie; two places on one filesystem count once."""
    places = (scene.config.instance.state_dir, *WRITTEN)
    rooms: dict[int, tuple[str, DiskSpace]] = {}
    for place in places:
        if (space := scene.world.machine.space(place)) is not None:
            rooms.setdefault(space.device, (place, space))
    told = {place: f"{space.free_bytes // MIB} MiB free" for place, space in rooms.values()}
    least, room = min(rooms.values(), key=lambda one: _share(one[1]), default=("", None))
    if room is None or _share(room) >= FEW:
        return Found(message="there is room where state, logs and images lie", evidence=told)
    what = "inodes" if _inodes(room) < _bytes(room) else "bytes"
    text = f"{least} has {_share(room):.1%} of its {what} free"
    if _share(room) < SCARCE:
        raise ExternalFailure("root_disk_full", text, hint=NO_ROOM, **told)
    return Found(message=text, code="root_disk_short", evidence=told)


def _share(space: DiskSpace) -> float:
    return min(_bytes(space), _inodes(space))


def _bytes(space: DiskSpace) -> float:
    return space.free_bytes / space.total_bytes if space.total_bytes else 1.0


def _inodes(space: DiskSpace) -> float:
    return space.free_inodes / space.total_inodes if space.total_inodes else 1.0


CHECKS = (
    Check(
        id="machine.memory",
        asks="is there memory, and was no process killed for want of it?",
        look=_memory,
    ),
    Check(
        id="machine.root_disk",
        asks="is there room, and are there inodes, where state, logs and images lie?",
        look=_root_disk,
    ),
)
