"""Whether there is anything to load: some volumes are whole from the start, or EC2 loads them."""

from __future__ import annotations

from ladybug_agent.errors import AgentError
from ladybug_agent.model.storage import AttachedVolume
from ladybug_agent.ports.storage import Ec2


def why_not_needed(ec2: Ec2, volume: AttachedVolume | None) -> str:
    """Return why the background need not read the volume; empty if it must.

    Blocks for one call to EC2. What EC2 cannot be asked about is read.
    """
    if volume is None:
        return ""
    if volume.fast_restored:
        return "made by fast snapshot restore"
    if rate := volume.initialization_rate_mib_s:
        return f"EC2 loads it by itself, at {rate} MiB/s"
    if not volume.snapshot_id:
        return "not made from a snapshot"
    try:
        status = ec2.initialization(volume.volume_id)
    except AgentError:
        return ""  # read for nothing at worst
    return "EC2 has loaded all of it" if status and status.completed else ""
