"""What the last boot left serving (`served.json`): what each health check compares the world with.

Written once the replica is registered, and again by whoever replaces the container (a repair, a
refresh). Lost at reboot by design, like all of the state directory.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ladybug_agent.errors import ExternalFailure
from ladybug_agent.files import write_atomically
from ladybug_agent.ports.registry import RowValue

SCHEMA = "ladybug.served/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedVolume:
    """The mounted volume; what EC2 said of it at boot comes along, so that nobody asks again."""

    mount_point: str
    mount_id: int
    node: str
    device_number: str
    disk_sequence: int
    """0 where the kernel numbers no disks."""
    serial: str
    volume_id: str
    iops: int
    """What the volume is provisioned for; 0 if nobody said."""
    attached: dict[str, Any] | None
    """The volume as EC2 described it (`AttachedVolume`); None if it could not be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    boot_id: str
    registration_id: str
    container_id: str
    container_name: str
    image: str
    image_digest: str
    image_id: str
    user: str
    data_source: str
    data_target: str
    databases: tuple[str, ...]
    port: int
    bind_address: str
    snapshot_taken_at: str
    """UTC, `2026-02-06T12:00:00Z`; empty if unknown, and without a snapshot."""
    volume: ServedVolume | None
    """None for a replica that is empty by request."""
    row: dict[str, RowValue] = field(default_factory=dict)
    """The row as registered: with it, a row that was lost can be written again in full."""


def write_served(path: Path, served: Served) -> None:
    """Replace the record. Raises ExternalFailure if it cannot be written."""
    text = json.dumps({"schema": SCHEMA, **asdict(served)}, indent=1)
    try:
        write_atomically(path, text + "\n")
    except OSError as error:
        raise ExternalFailure(
            "state_directory_unusable",
            f"cannot write {path}",
            hint="run as root; is /run mounted and not full? see `instance.state_dir`",
        ) from error


def read_served(path: Path) -> Served | None:
    """Return the record; None if no boot has registered since the machine started.

    Raises ExternalFailure for one that cannot be read.
    """
    try:
        return _parsed(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ExternalFailure(
            "served_record_unreadable",
            f"cannot read what the boot left serving, {path}",
            hint="run the boot again: it changes nothing that is right, and writes a new record",
        ) from error


def _parsed(document: dict[str, Any]) -> Served:
    if document.pop("schema") != SCHEMA:
        raise ValueError("of another version")
    volume = document.pop("volume")
    return Served(
        **{**document, "databases": tuple(document["databases"])},
        volume=ServedVolume(**volume) if volume else None,
    )
