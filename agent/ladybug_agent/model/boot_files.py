"""Where others leave word of how this boot went."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class BootFiles:
    cloud_init_status: Path = Path("/run/cloud-init/status.json")
    """Of this boot alone: /run is empty at start."""
    cloud_init_log: Path = Path("/var/log/cloud-init.log")
    """Of all boots."""
    stub_log: Path = Path("/var/log/ladybug-agent-install.log")
    """Of all runs of the userdata stub; its own lines are `<UTC time> ladybug-agent stub: ...`."""
