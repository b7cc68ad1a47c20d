"""From the evidence of a running container to the record that the health checks go by."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from ladybug_agent.boot import Boot
from ladybug_agent.clock import iso_utc
from ladybug_agent.ports import Row, RowValue
from ladybug_agent.resources.container import RunningContainer
from ladybug_agent.resources.mount import DataMount
from ladybug_agent.resources.snapshot import VerifiedSnapshot
from ladybug_agent.served import Served, ServedVolume, write_served
from ladybug_agent.state import StateDirectory


def leave_serving(boot: Boot, container: RunningContainer, row: Row) -> None:
    """Write what serves now, under which row. Raises ExternalFailure if it cannot be written."""
    write_served(state_of(boot).served, served_by(container, row))


def state_of(boot: Boot) -> StateDirectory:
    return StateDirectory(Path(boot.config.instance.state_dir))


def served_by(container: RunningContainer, row: Row) -> Served:
    servable, spec = container.servable, container.spec
    data = servable.data
    snapshot = data if isinstance(data, VerifiedSnapshot) else None
    taken_at = snapshot.lineage.taken_at if snapshot else None
    return Served(
        boot_id=str(row["boot_id"]),
        registration_id=str(row["registration_id"]),
        container_id=container.container_id,
        container_name=spec.name,
        image=servable.image.configured,
        image_digest=servable.image.digest,
        image_id=servable.image.image_id,
        user=spec.user,
        data_source=spec.data.source,
        data_target=spec.data.target,
        databases=tuple(database.name for database in data.databases),
        port=spec.port,
        bind_address=spec.bind_address,
        snapshot_taken_at=iso_utc(taken_at) if taken_at else "",
        volume=_volume(snapshot.mount) if snapshot else None,
        row=_own(row) | {"container_id": container.container_id},
    )


def _own(row: Row) -> dict[str, RowValue]:
    """Return what is ours to write: what the operator wants is not."""
    return {name: value for name, value in row.items() if name != "desired"}


def _volume(mount: DataMount) -> ServedVolume:
    volume = mount.device.volume
    return ServedVolume(
        mount_point=str(mount.path),
        mount_id=mount.mount_id,
        node=volume.disk.node,
        device_number=volume.disk.device_number,
        disk_sequence=volume.disk.disk_sequence or 0,
        serial=volume.disk.serial or "",
        volume_id=volume.volume_id,
        iops=volume.attached.iops if volume.attached else 0,
        attached=asdict(volume.attached) if volume.attached else None,
    )
