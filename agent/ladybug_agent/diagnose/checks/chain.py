"""What several checks follow from: the ids of the way down to a service that answers."""

from __future__ import annotations

DISK = ("volume.attachment", "volume.status", "volume.device", "volume.kernel_log")
REPLICA = (
    "lifecycle.departure",
    "machine.memory",
    *DISK,
    "boot.outcome",
    "filesystem.mount",
    "filesystem.databases",
)
"""What keeps a replica from running, before its image and its container."""
